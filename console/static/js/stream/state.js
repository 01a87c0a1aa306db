// What the pill says, from what is known about the stream. Pure.

/** @typedef {"LIVE" | "HELD" | "STALE" | "RECONNECTING" | "OFFLINE"} StreamState */

/**
 * @typedef {object} Signs
 * @property {boolean} held the person has stopped the view
 * @property {boolean} online what the browser says of its network
 * @property {boolean} connected a stream is open, here or in the tab that holds it
 * @property {number | null} heard when something last came, in milliseconds; null before the first
 * @property {number | null} lost since when no stream is open; null while one is
 */

/** Without a heartbeat for so long, what is shown may be old. */
const STALE_AFTER = 3500;
/** Trying in vain for so long is being offline. */
const OFFLINE_AFTER = 30000;
/** A stream that ends in good order is opened again at once; only beyond this does the page speak of it. */
const LOST_AFTER = 1000;

/**
 * @param {Signs} signs
 * @param {number} now
 * @returns {StreamState}
 */
export function streamState(signs, now) {
  if (!signs.online) return "OFFLINE";
  const gone = signs.connected || signs.lost === null ? 0 : now - signs.lost;
  if (gone >= OFFLINE_AFTER) return "OFFLINE";
  if (gone >= LOST_AFTER || (signs.heard === null && !signs.connected)) return "RECONNECTING";
  if (signs.heard === null || now - signs.heard >= STALE_AFTER) return "STALE";
  return signs.held ? "HELD" : "LIVE";
}

/**
 * How long to wait before the next try: 0.25 s doubling to 8 s, spread so that consoles do not come back in step.
 * @param {number} failures
 * @param {number} chance between 0 and 1
 */
export function retryDelay(failures, chance) {
  if (failures <= 0) return 0;
  return Math.min(8000, 250 * 2 ** (failures - 1)) * (0.75 + chance / 2);
}
