// How many messages of each precedence fit the words of the filter, beside the switches.

import { number } from "../frame/wording.js";
import { counts as askCounts } from "./api.js";
import { PRECEDENCES } from "./row_words.js";

/** Asked anew so often. */
const REFRESH = 10000;

/**
 * @param {HTMLElement} bar
 * @param {() => import("./query.js").Filter} filter
 * @param {import("./buffer.js").TrafficBuffer} buffer
 */
export function openToggleCounts(bar, filter, buffer) {
  const total = /** @type {HTMLElement} */ (bar.querySelector("#traffic-total"));
  const places = new Map(PRECEDENCES.map((name) => [name, bar.querySelector(`[data-precedence="${name}"] .count`)]));
  /** @type {Record<string, number> | null} */
  let known = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function show() {
    let sum = 0;
    const chosen = filter().precedences;
    for (const [name, place] of places) {
      const count = known?.[name];
      if (count !== undefined && (chosen.length === 0 || chosen.includes(name))) sum += count;
      const text = count === undefined ? "–" : number(count);
      if (place && place.textContent !== text) place.textContent = text;
    }
    const text = known === null ? number(buffer.size) : number(Math.max(sum, 0));
    if (total.textContent !== text) total.textContent = text;
  }

  async function refresh() {
    clearTimeout(timer);
    if (!document.hidden) {
      try {
        const asked = filter().words;
        const found = await askCounts(asked);
        if (asked === filter().words) known = found;
      } catch {
        known = null;
      }
      show();
    }
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), REFRESH);
  }

  return { show, refresh: () => void refresh() };
}
