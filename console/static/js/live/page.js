/** A page that keeps itself current: its fragment is fetched while somebody can see it, and only what differs is put in. */

import { showMarkingOf } from "../frame/bands.js";
import { FragmentRefused, loadFragment } from "../frame/fragment.js";
import { merge } from "./merge.js";

const PAUSE = 5_000;
const LONGEST_PAUSE = 60_000;

/** @param {HTMLElement} place an element with `data-live`, the address of its fragment */
function keepCurrent(place) {
  let pause = Number(place.dataset.liveSeconds ?? 0) * 1_000 || PAUSE;
  let timer = 0;
  let asking = false;
  let again = false;
  const usual = pause;

  async function refresh() {
    timer = 0;
    if (document.hidden) return;
    // One at a time: of two, the older answer might come last.
    again = asking;
    if (asking) return;
    asking = true;
    try {
      const fresh = [...(await loadFragment(address(place))).querySelectorAll("[data-live]")].at(0);
      if (fresh) {
        showMarkingOf(fresh);
        merge(place, fresh);
      }
      pause = usual;
      stale(place, false);
    } catch (error) {
      if (error instanceof FragmentRefused && error.status === 401) return;
      pause = Math.min(pause * 2, LONGEST_PAUSE);
      again = false;
      stale(place, true);
    } finally {
      asking = false;
    }
    if (again) void refresh();
    else schedule();
  }

  function schedule() {
    if (!timer && !document.hidden) timer = window.setTimeout(refresh, pause);
  }

  document.addEventListener("visibilitychange", schedule);
  place.addEventListener("live:refresh", () => {
    window.clearTimeout(timer);
    refresh();
  });
  schedule();
}

/** @param {HTMLElement} place */
function address(place) {
  return (place.dataset.live ?? "") + (place.dataset.liveQuery === "page" ? location.search : "");
}

/** @param {HTMLElement} place @param {boolean} is */
function stale(place, is) {
  place.classList.toggle("is-stale", is);
}

for (const place of document.querySelectorAll("[data-live]")) {
  if (place instanceof HTMLElement) keepCurrent(place);
}
