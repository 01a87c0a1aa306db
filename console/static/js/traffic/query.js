// The address of the page and the words of the filter: each says the other. Pure.

import { PRECEDENCES } from "./row_words.js";

/** @typedef {import("./row.js").Precedence} Precedence */
/**
 * @typedef {object} Filter
 * @property {string} words as the person wrote them
 * @property {readonly Precedence[]} precedences those switched on; none means all
 */

/**
 * @param {string} search the query part of an address
 * @returns {Filter}
 */
export function filterOf(search) {
  const given = new URLSearchParams(search);
  const asked = (given.get("prec") ?? "").split(",");
  return { words: (given.get("q") ?? "").trim(), precedences: PRECEDENCES.filter((name) => asked.includes(name)) };
}

/**
 * @param {Filter} filter
 * @param {string} search the present query part: what else stands in it stays
 */
export function searchOf(filter, search) {
  const params = new URLSearchParams(search);
  if (filter.words) params.set("q", filter.words);
  else params.delete("q");
  if (filter.precedences.length > 0) params.set("prec", filter.precedences.join(","));
  else params.delete("prec");
  const text = params.toString();
  return text ? `?${text}` : "";
}

/** What the gateway is asked. @param {Filter} filter */
export function queryOf(filter) {
  const precedences = filter.precedences.length > 0 ? `prec:${filter.precedences.join(",")}` : "";
  return [filter.words, precedences].filter(Boolean).join(" ");
}

/** @param {Filter} filter @param {Precedence} precedence @returns {Filter} */
export function toggled(filter, precedence) {
  const on = filter.precedences.includes(precedence);
  const next = PRECEDENCES.filter((name) => (name === precedence ? !on : filter.precedences.includes(name)));
  return { ...filter, precedences: next.length === PRECEDENCES.length ? [] : next };
}

/**
 * Puts a span of time into the words, instead of any that stands there outside quotes.
 * @param {string} words
 * @param {string | null} after
 * @param {string | null} before
 */
export function withSpan(words, after, before) {
  const kept = (words.match(/(?:[^\s"]|"(?:[^"\\]|\\.)*"?)+/g) ?? []).filter((term) => !/^(after|before):/i.test(term));
  if (after) kept.push(`after:${after}`);
  if (before) kept.push(`before:${before}`);
  return kept.join(" ");
}
