// Keeps a list that the server renders up to date, without moving focus or the place that is looked at.

import { loadFragment } from "../frame/fragment.js";

/** How often the console is asked while somebody can see the page. */
const EVERY_MS = 10_000;

/**
 * @param {HTMLElement} list with the address of its fragment
 * @param {() => Promise<void>} changed after the list was replaced
 */
export function watchNews(list, changed) {
  let asking = false;

  async function ask() {
    if (asking || document.hidden) return;
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
  }

  setInterval(() => void ask(), EVERY_MS);
  document.addEventListener("visibilitychange", () => void ask());
}

/** @param {HTMLElement} list @param {DocumentFragment} news */
function replace(list, news) {
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const address = focused instanceof HTMLAnchorElement ? focused.getAttribute("href") : null;
  const top = list.scrollTop;
  list.replaceChildren(news);
  list.scrollTop = top;
  const again = [...list.querySelectorAll("a")].find((link) => link.getAttribute("href") === address);
  if (address !== null) again?.focus({ preventScroll: true });
}
