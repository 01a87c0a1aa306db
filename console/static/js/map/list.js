// The list beside the map: choosing an entry centres it and stands in the address; what is not in force is dimmed.

import { inForce } from "./force.js";

/** @typedef {import("./scene.js").Item} Item */

/** @param {HTMLElement} list @param {(key: string | null) => void} choose */
export function watchList(list, choose) {
  list.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || event instanceof MouseEvent && (event.ctrlKey || event.metaKey)) return;
    const link = event.target.closest("a[data-choose]");
    if (!(link instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    choose(link.dataset["choose"] ?? null);
  });
}

/** @param {HTMLElement} list @param {string | null} key */
export function showChosen(list, key) {
  for (const link of list.querySelectorAll("a[data-choose]")) {
    const chosen = link instanceof HTMLElement && link.dataset["choose"] === key;
    link.closest("li")?.classList.toggle("map-chosen", chosen);
    if (chosen) {
      link.setAttribute("aria-current", "true");
      link.closest("li")?.scrollIntoView({ block: "nearest" });
    } else link.removeAttribute("aria-current");
  }
}

/** @param {HTMLElement} list @param {readonly Item[]} items @param {number} at */
export function showForce(list, items, at) {
  const running = new Set(items.filter((item) => inForce(item, at)).map((item) => item.key));
  for (const entry of list.querySelectorAll("li[data-key]"))
    if (entry instanceof HTMLElement) entry.classList.toggle("map-resting", !running.has(entry.dataset["key"] ?? ""));
}

/** @param {string | null} key */
export function writeAddress(key) {
  const address = new URL(location.href);
  if (key === null) address.searchParams.delete("alert");
  else address.searchParams.set("alert", key);
  history.replaceState(history.state, "", address);
}

/** @returns {string | null} */
export function readAddress() {
  return new URL(location.href).searchParams.get("alert");
}
