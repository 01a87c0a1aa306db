// How many messages of each precedence fit the words of the filter, beside the switches.

import { element } from "../frame/elements.js";
import { number, t } from "../frame/wording.js";
import { counts as askCounts } from "./api.js";
import { PRECEDENCES } from "./row_words.js";

/** Asked anew so often. */
const REFRESH = 10000;

/** @param {Element} place @param {number | undefined} count @param {boolean} atLeast there may be more */
function put(place, count, atLeast) {
  const shown = count === undefined ? "–" : number(count);
  const said = atLeast && count !== undefined ? t("traffic.live.at_least", { n: count }) : "";
  const text = said ? `≥ ${shown}${said}` : shown;
  if (place.textContent === text) return;
  if (!said) place.textContent = text;
  else place.replaceChildren(element("span", { "aria-hidden": "true", title: said }, `≥ ${shown}`), element("span", { class: "unseen" }, said));
}

/**
 * @param {HTMLElement} bar
 * @param {() => import("./query.js").Filter} filter
 * @param {import("./buffer.js").TrafficBuffer} buffer
 */
export function openToggleCounts(bar, filter, buffer) {
  const total = /** @type {HTMLElement} */ (bar.querySelector("#traffic-total"));
  const places = new Map(PRECEDENCES.map((name) => [name, bar.querySelector(`[data-precedence="${name}"] .count`)]));
  /** @type {import("./api.js").Counted | null} */
  let known = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function show() {
    let sum = 0;
    const chosen = filter().precedences;
    for (const [name, place] of places) {
      const count = known?.counts[name];
      if (count !== undefined && (chosen.length === 0 || chosen.includes(name))) sum += count;
      if (place) put(place, count, known?.at_least === true);
    }
    const text = known?.at_least ? t("traffic.live.at_least", { n: sum }) : number(known === null ? buffer.size : sum);
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
