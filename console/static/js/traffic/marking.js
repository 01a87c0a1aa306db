// The one marking that covers everything shown. Pure; the same rule as `console/marking.py: highest`.

/** @typedef {import("./row.js").Row} Row */
/** @typedef {{level: number, words: string, policy: string, classification: string, releasable: string | null,
 *   mode: string, differs: boolean}} Cover */

/**
 * The highest classification among rows. Where the rows at that level differ, each is named; where rows differ in
 * who may have them, the band says only that, because no one list would be true of all.
 * @param {Iterable<Row>} rows
 * @returns {Cover | null} null where nothing is shown
 */
export function coverOf(rows) {
  let level = -1;
  /** @type {Map<string, Row>} */
  let names = new Map();
  /** @type {string | undefined} */
  let releasable;
  let same = true;
  /** @type {Set<string>} */
  const modes = new Set();
  for (const row of rows) {
    modes.add(row.mode);
    if (row.level > level) {
      level = row.level;
      names = new Map();
    }
    if (row.level === level && !names.has(row.classification)) names.set(row.classification, row);
    const list = row.releasable.join(", ");
    if (releasable === undefined) releasable = list;
    else if (releasable !== list) same = false;
  }
  if (level < 0) return null;
  const [mode] = modes.size === 1 ? modes : [];
  const [only] = names.size === 1 ? names.values() : [];
  return {
    level,
    words: [...names.keys()].sort().join(" / "),
    policy: only?.policy ?? "",
    classification: only?.classification ?? "",
    releasable: same && releasable ? `REL TO ${releasable}` : null,
    mode: mode ?? "",
    differs: !same,
  };
}
