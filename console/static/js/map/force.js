// When items are in force, and the span of time that the slider covers. Pure; moments in milliseconds.

/** @typedef {{ starts: number, ends: number | null }} Force */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** How far the slider reaches: what began long ago or ends far ahead is cut there. */
const BACK = 2 * DAY;
const AHEAD = 14 * DAY;

/** @param {Force} item @param {number} at */
export function inForce(item, at) {
  return item.starts <= at && (item.ends === null || at < item.ends);
}

/** @param {readonly Force[]} items @param {number} now @returns {{ from: number, to: number }} in whole hours */
export function spanOf(items, now) {
  const moments = items.flatMap((item) => [item.starts, item.ends ?? item.starts]);
  const within = moments.filter((moment) => moment >= now - BACK && moment <= now + AHEAD);
  const beyond = moments.some((moment) => moment > now + AHEAD);
  const from = Math.min(now - 6 * HOUR, ...within);
  const to = beyond ? now + AHEAD : Math.max(now + DAY, ...within);
  return { from: Math.floor(from / HOUR) * HOUR, to: Math.ceil(to / HOUR) * HOUR };
}

/** @param {{ from: number, to: number }} span @returns {number} one step of the arrow keys: about two hundred in all */
export function stepOf(span) {
  const steps = [5, 10, 15, 30, 60, 120, 180, 360].map((minutes) => minutes * 60_000);
  return steps.find((step) => (span.to - span.from) / step <= 200) ?? 720 * 60_000;
}
