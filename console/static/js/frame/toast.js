/** A sentence that comes and goes. */

import { element } from "./elements.js";

const SECONDS = 6;

/** @param {string} text @param {"done" | "refused" | "note"} [tone] */
export function toast(text, tone = "done") {
  const place = document.getElementById("toasts");
  if (!place) return;
  for (const old of [...place.children]) if (old.textContent === text) old.remove(); // said again, not twice
  const shown = element("p", { class: `toast toast-${tone}` }, text);
  place.append(shown);
  leave(shown);
}

/** Let the toasts that came with the page go, too. */
export function dismissOld() {
  for (const shown of document.querySelectorAll("#toasts .toast")) leave(shown);
}

/** @param {Element} shown */
function leave(shown) {
  setTimeout(() => shown.remove(), SECONDS * 1000);
}
