// The one marking that covers everything shown. Pure.

/** @typedef {import("./row.js").Row} Row */
/** @typedef {{level: number, words: string, releasable: string | null, mode: string | null}} Cover */

/**
 * The highest classification among rows. Where the rows at that level differ in policy, each is named; where rows
 * differ in who may have them, the band says nothing of it, because no one list would be true of all.
 * @param {Iterable<Row>} rows
 * @returns {Cover | null} null where nothing is shown
 */
export function coverOf(rows) {
  let level = -1;
  /** @type {Set<string>} */
  let names = new Set();
  /** @type {string | null | undefined} */
  let releasable;
  let same = true;
  /** @type {Set<string>} */
  const modes = new Set();
  for (const row of rows) {
    modes.add(row.mode);
    if (row.level > level) {
      level = row.level;
      names = new Set();
    }
    if (row.level === level) names.add(nameOf(row));
    const list = row.releasable ?? null;
    if (releasable === undefined) releasable = list;
    else if (releasable !== list) same = false;
  }
  if (level < 0) return null;
  const mode = modes.size === 1 ? /** @type {string} */ ([...modes][0]) : null;
  return { level, words: [...names].sort().join(" / "), releasable: same ? (releasable ?? null) : null, mode };
}

/** @param {Row} row */
function nameOf(row) {
  return row.classification.startsWith(row.policy) ? row.classification : `${row.policy} ${row.classification}`;
}
