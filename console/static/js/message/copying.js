/** Copies of a message: JSON, a command line, a link. What is copied stands on the page as it is. */

import { toast } from "../frame/toast.js";

/** @param {Element} scope @param {string} selector @returns {Promise<void>} copy the text that stands there */
export async function copyText(scope, selector) {
  const place = scope.querySelector(selector);
  if (place) await copied(scope, place.textContent ?? "");
}

/** @param {Element} scope @param {string} text */
async function copied(scope, text) {
  const said = scope.querySelector("[data-copied]");
  const words = said?.getAttribute("data-copied-words") ?? "";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    return;
  }
  if (said) said.textContent = words;
  toast(words);
}

/** @param {Element} scope */
function address(scope) {
  return new URL(scope.getAttribute("data-path") ?? "", window.location.href).href;
}

/** Listen for the whole document: a drawer's content comes and goes. */
export function startCopying() {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const scope = button?.closest("[data-message]");
    if (!button || !scope) return;
    const selector = button.getAttribute("data-copy");
    if (selector) void copyText(scope, selector);
    else if (button.hasAttribute("data-copy-link")) void copied(scope, address(scope));
    else if (button.hasAttribute("data-print")) window.print();
  });
}
