/** The one marking that covers several. Pure; the same rule as `console/marking.py: highest`. */

/**
 * @typedef {{ text: string, releasable?: string, level: number, policy?: string, classification?: string,
 *   mode?: string, differs?: boolean }} Marking
 */

/**
 * The highest level. Where markings at that level differ, each is named; where any differ in who may have them,
 * only that is said, because no one list would be true of all. The mode is named where all share one.
 * @param {readonly Marking[]} markings
 * @returns {Marking | null} null for nothing
 */
export function highest(markings) {
  if (markings.length === 0) return null;
  const level = Math.max(...markings.map((marking) => marking.level));
  const top = markings.filter((marking) => marking.level === level);
  const texts = [...new Set(top.flatMap((marking) => marking.text.split(" / ")))];
  const releasable = [...new Set(markings.map((marking) => marking.releasable ?? ""))];
  const modes = new Set(markings.map((marking) => marking.mode ?? ""));
  const [mode] = modes.size === 1 ? modes : [];
  const [only] = texts.length === 1 ? top : [];
  return {
    text: texts.join(" / "),
    releasable: releasable.length === 1 ? releasable[0] : "",
    level,
    policy: only?.policy ?? "",
    classification: only?.classification ?? "",
    mode: mode ?? "",
    differs: releasable.length > 1 || markings.some((marking) => marking.differs),
  };
}
