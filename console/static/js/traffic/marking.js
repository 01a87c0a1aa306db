// The marking of a row, and the one that covers many of them.

import { highest } from "../frame/highest.js";
import { oneLine as visible } from "../frame/visible.js";

/** @typedef {import("./row.js").Row} Row */
/** @typedef {import("../frame/highest.js").Marking} Marking */

/** @param {Row} row @returns {Marking} as its policy writes it; a row whose label is gone still has its classification */
export function markingOf(row) {
  const { level, policy, mode } = row;
  const classification = visible(row.classification);
  return { text: visible(row.marking ?? row.classification), level, policy, classification, mode };
}

/**
 * The marking that covers every row.
 * @param {Iterable<Row>} rows
 * @returns {Marking | null} null where nothing is shown
 */
export function coverOf(rows) {
  // Thousands of rows share a few markings.
  /** @type {Map<string, Marking>} */
  const different = new Map();
  for (const row of rows) {
    const key = `${row.level} ${row.mode} ${row.policy} ${row.marking ?? row.classification}`;
    if (!different.has(key)) different.set(key, markingOf(row));
  }
  return highest([...different.values()]);
}
