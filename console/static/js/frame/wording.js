/** Sentences of the page's language: those under `live` in the catalogues. */

import { language, root } from "./root.js";

/** @typedef {string | Record<string, string>} Sentence */

/** @type {Record<string, Sentence>} */
const sentences = await read();
const plurals = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language, { numberingSystem: "latn" });

/** @returns {Promise<Record<string, Sentence>>} */
async function read() {
  try {
    const answer = await fetch(document.documentElement.dataset.wording ?? `${root}/wording/${language}.json`);
    return answer.ok ? await answer.json() : {};
  } catch {
    return {};
  }
}

/**
 * The sentence of a key such as `frame.live.now`; `n` chooses the plural.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  let sentence = sentences[key];
  if (sentence === undefined) return `[${key}]`;
  if (typeof sentence !== "string") sentence = sentence[plurals.select(Number(values.n ?? 0))] ?? sentence.other ?? "";
  return sentence.replace(/\{([a-z_]+)\}/g, (hole, name) => {
    const value = values[name];
    if (value === undefined) return hole;
    return typeof value === "number" ? numbers.format(value) : value;
  });
}

/** @param {number} value @returns {string} a number as the language writes it, in Latin digits */
export function number(value) {
  return numbers.format(value);
}
