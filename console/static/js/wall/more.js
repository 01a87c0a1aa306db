// How many alerts there are beside those that the screen has room for: only the browser knows how many fit.

import { t } from "../frame/wording.js";

/** @param {HTMLElement} parts what is rendered again and again */
export function keepCount(parts) {
  const watch = new MutationObserver(count);
  const what = { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["hidden"] };

  function count() {
    const note = parts.querySelector("[data-wall-more]");
    if (note instanceof HTMLElement) say(note);
    watch.takeRecords(); // what was written just now is no news
  }

  watch.observe(parts, what);
  window.addEventListener("resize", count);
  document.fonts.addEventListener("loadingdone", count);
  count();
}

/** @param {HTMLElement} note it takes room itself, so what is seen is counted again beside it */
function say(note) {
  const all = Number(note.dataset["all"]);
  note.hidden = true;
  if (all <= seen(note)) return;
  note.hidden = false;
  note.textContent = t("wall.live.more_alerts", { n: all - seen(note) });
}

/** @param {HTMLElement} note @returns {number} the alerts of its list that stand in the column that is seen */
function seen(note) {
  const list = note.previousElementSibling;
  if (list === null) return 0;
  const room = list.getBoundingClientRect();
  return [...list.children].filter((each) => {
    const box = each.getBoundingClientRect();
    return box.left < room.right - 1 && box.right > room.left + 1 && box.top < room.bottom - 1;
  }).length;
}
