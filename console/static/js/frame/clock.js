/** Zulu and local time, corrected by what the server says. */

import { zone } from "./root.js";

let skew = skewOf(document.documentElement.dataset.now);
const date = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short", year: "numeric", timeZone: "UTC" });
const hours = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone, hourCycle: "h23" });

/** @param {string | undefined} server @returns {number} */
function skewOf(server) {
  const at = Date.parse(server ?? "");
  return Number.isNaN(at) ? 0 : at - Date.now();
}

/** @returns {number} milliseconds since the epoch, by the server's clock */
export function now() {
  return Date.now() + skew;
}

/** The server said what time it is (heartbeats do). @param {string} at RFC 3339 */
export function serverSaid(at) {
  skew = skewOf(at);
}

/** @param {string | number} at @returns {string} as lists have it: `22 0146:23Z` */
export function zulu(at) {
  const when = new Date(at).toISOString();
  return `${when.slice(8, 10)} ${when.slice(11, 13)}${when.slice(14, 16)}:${when.slice(17, 19)}Z`;
}

/** Keep the header's clock going. */
export function startClock() {
  const zuluPlace = document.querySelector("[data-clock-zulu]");
  const datePlace = document.querySelector("[data-clock-date]");
  if (!zuluPlace || !datePlace) return;
  const show = () => {
    const at = new Date(now());
    zuluPlace.textContent = `${at.toISOString().slice(11, 19)}Z`;
    zuluPlace.setAttribute("datetime", `${at.toISOString().slice(0, 19)}Z`);
    datePlace.textContent = `${date.format(at).toUpperCase()} · ${hours.format(at).replace(":", "")} LT`;
    setTimeout(show, 1000 - (at.getTime() % 1000));
  };
  show();
}
