/** The one marking that covers several. Pure; the same rule as `console/marking.py: highest`. */

/**
 * @typedef {{ text: string, level: number, policy?: string, classification?: string, mode?: string,
 *   differs?: boolean }} Marking
 */

/** The nations and groups at the end of a marking; no word of a classification or category before them. */
const RELEASE = /(?<=[A-Z])(?: [A-Z]+(?:, [A-Z]+)* Only|(?: Releasable to|(?: |\/\/)REL TO) [A-Z]+(?:, [A-Z]+)*)$/;

/** So many different markings stand side by side in a band. */
const MOST_TEXTS = 4;

/**
 * The highest level. Where markings at that level differ, each is named; where any differ in the nations at their
 * end, these are left out, and it is said that they differ: no one list would be true of all. The mode is named where
 * all share one.
 * @param {readonly Marking[]} markings
 * @returns {Marking | null} null for nothing
 */
export function highest(markings) {
  if (markings.length === 0) return null;
  const single = markings.flatMap((marking) => marking.text.split(" / ").map((text) => ({ ...marking, text })));
  const level = Math.max(...markings.map((marking) => marking.level));
  const top = single.filter((marking) => marking.level === level);
  const releases = new Set(single.map((marking) => released(marking.text)));
  const differs = releases.size > 1 || markings.some((marking) => marking.differs);
  let texts = new Set(top.map(({ text }) => (differs ? text.slice(0, text.length - released(text).length) : text)));
  if (texts.size > MOST_TEXTS) texts = new Set(top.map((marking) => marking.classification || marking.text));
  const modes = new Set(markings.map((marking) => marking.mode ?? ""));
  const [mode] = modes.size === 1 ? modes : [];
  const [only] = texts.size === 1 ? top : [];
  return {
    text: [...texts].join(" / "),
    level,
    policy: only?.policy ?? "",
    classification: only?.classification ?? "",
    mode: mode ?? "",
    differs,
  };
}

/** @param {string} text @returns {string} the end of a marking that says to whom it may go, as it stands there */
export function released(text) {
  return RELEASE.exec(text)?.[0] ?? "";
}
