/** Partners' words made safe to look at, as console/visible.py does it. */

const LOOKS_EMPTY = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0";
const HIDING = new RegExp(`[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Cn}\\p{Zl}\\p{Zp}${LOOKS_EMPTY}\\ufe00-\\ufe0e\\u{e0100}-\\u{e01ef}]`, "gu");

/** @param {string} character @returns {string} */
function marked(character) {
  const code = character.codePointAt(0) ?? 0;
  return `⟦U+${code.toString(16).toUpperCase().padStart(4, "0")}⟧`;
}

/** @param {unknown} text @returns {string} controls, line breaks, zero-width and direction-changing characters by number */
export function oneLine(text) {
  return String(text).replace(HIDING, marked);
}
