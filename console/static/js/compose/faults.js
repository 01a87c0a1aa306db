// From a fault in a list to its field: whatever hides the field is opened, and the field has the focus.

import { showVersion } from "./versions.js";

/** @param {HTMLFormElement} form */
export function startFaults(form) {
  form.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-fault]") : null;
    if (!(link instanceof HTMLAnchorElement)) return;
    const target = document.getElementById(link.hash.slice(1));
    if (target === null) return;
    event.preventDefault();
    goTo(target);
  });
}

/** @param {HTMLElement} target */
export function goTo(target) {
  const version = target.closest("[data-version]");
  if (version instanceof HTMLElement) showVersion(version);
  for (let part = target.closest("details"); part !== null; part = part.parentElement?.closest("details") ?? null) {
    part.open = true;
  }
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  target.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
  fieldOf(target).focus({ preventScroll: true });
}

/** @param {HTMLElement} target @returns {HTMLElement} the field itself; the first of those that stand together in a group */
function fieldOf(target) {
  if (target.matches("input, select, textarea")) return target;
  const inner = target.querySelector("input:checked") ?? target.querySelector("input:not([type=hidden]), select, textarea, button");
  return inner instanceof HTMLElement ? inner : target;
}
