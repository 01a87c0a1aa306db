// Keeps a list that the server renders up to date, without moving focus or the place that is looked at.

import { showMarkingOf } from "../frame/bands.js";
import { loadFragment } from "../frame/fragment.js";
import { setStreamState } from "../frame/pill.js";
import { onTraffic } from "../live/on_traffic.js";

/** Time goes on where no traffic comes: what was in force is over. */
const EVERY_MS = 30_000;

/**
 * @param {HTMLElement} list with the address of its fragment
 * @param {() => Promise<void>} changed after the list was replaced
 */
export function watchNews(list, changed) {
  let asking = false;
  let again = false;

  async function ask() {
    if (document.hidden) return;
    again = asking;
    if (asking) return;
    asking = true;
    try {
      replace(list, await loadFragment(list.dataset["fragment"] ?? ""));
      await changed();
      list.removeAttribute("data-stale");
    } catch {
      list.setAttribute("data-stale", "");
    } finally {
      asking = false;
    }
    if (again) void ask();
  }

  setInterval(() => void ask(), EVERY_MS);
  document.addEventListener("visibilitychange", () => void ask());
  onTraffic(ask, (state) => setStreamState(/** @type {"live"} */ (state.toLowerCase())));
}

/** @param {HTMLElement} list @param {DocumentFragment} news */
function replace(list, news) {
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const address = focused instanceof HTMLAnchorElement ? focused.getAttribute("href") : null;
  const top = list.scrollTop;
  list.replaceChildren(news);
  showMarkingOf(list);
  list.scrollTop = top;
  const before = [...list.querySelectorAll("a")].find((link) => link.getAttribute("href") === address);
  if (address !== null) before?.focus({ preventScroll: true });
}
