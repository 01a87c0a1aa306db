// What a row says, as words and states, without a document. Pure.

/** @typedef {import("./row.js").Row} Row */
/** @typedef {import("./row.js").Copy} Copy */
/** @typedef {"hollow" | "sent" | "delivered" | "acknowledged" | "withheld"} Tick */
/** @typedef {{nation: string, tick: Tick, overdue: boolean}} Mark */

export const PRECEDENCES = /** @type {const} */ (["FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE"]);

/** Prosign and shape back the colour (ACP 121). */
export const PROSIGN = { FLASH: "Z", IMMEDIATE: "O", PRIORITY: "P", ROUTINE: "R" };
export const SHAPE = { FLASH: "◆", IMMEDIATE: "▲", PRIORITY: "■", ROUTINE: "○" };

/**
 * The short date-time group of the list: day, then Zulu time to the second.
 * @param {string} at a time as RFC 3339 gives it, in UTC
 */
export function shortDtg(at) {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return "";
  const iso = time.toISOString();
  return `${iso.slice(8, 10)} ${iso.slice(11, 13)}${iso.slice(14, 16)}:${iso.slice(17, 19)}Z`;
}

/** States of a copy, by the tick that stands for them. @type {Record<string, Tick>} */
const TICKS = {
  pending_release: "hollow",
  queued: "hollow",
  held: "hollow",
  pending: "hollow",
  sent: "sent",
  handed_over: "sent",
  delivered: "delivered",
  read: "delivered",
  acknowledged: "acknowledged",
  actioned: "acknowledged",
  withheld: "withheld",
  cancelled: "withheld",
};

/**
 * One tick per recipient of an own message, by code; red only where FLASH or IMMEDIATE is overdue.
 * @param {Row} row
 * @returns {{acknowledged: number, of: number, marks: Mark[]} | null} null for what others sent
 */
export function ticksOf(row) {
  if (row.direction !== "out" || !row.copies || row.copies.length === 0) return null;
  const urgent = row.precedence === "FLASH" || row.precedence === "IMMEDIATE";
  const marks = [...row.copies]
    .sort((a, b) => (a.nation < b.nation ? -1 : 1))
    .map((copy) => {
      const tick = TICKS[copy.state.toLowerCase()] ?? "hollow";
      return { nation: copy.nation, tick, overdue: urgent && copy.overdue && tick !== "acknowledged" };
    });
  return { acknowledged: marks.filter((mark) => mark.tick === "acknowledged").length, of: marks.length, marks };
}

/** Where a row's message is read. @param {Row} row */
export function pathOf(row) {
  return row.direction === "out" ? `/messages/out/${row.publication_id}` : `/messages/in/${row.message_id}`;
}

/** The id that people quote. @param {Row} row */
export function idOf(row) {
  return (row.direction === "out" ? row.publication_id : row.message_id) ?? "";
}

/** What became of the message, where it is no longer simply current. @param {Row} row @returns {string | null} */
export function standingOf(row) {
  if (row.status !== "CURRENT") return row.status;
  return row.expired ? "EXPIRED" : null;
}
