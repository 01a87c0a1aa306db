/** The marking bands at head and foot, for pages whose content changes while they are open. */

/**
 * @typedef {{ text: string, releasable?: string, level: number, policy?: string, classification?: string }} Marking
 */

/** @param {Marking} marking the highest of what is shown */
export function showMarking(marking) {
  for (const band of document.querySelectorAll("body > [data-band]")) {
    if (!(band instanceof HTMLElement)) continue;
    band.classList.remove("band-none");
    band.dataset.level = String(Math.max(0, Math.min(3, marking.level)));
    band.dataset.policy = marking.policy ?? "";
    band.dataset.classification = marking.classification ?? "";
    set(band.querySelector("[data-band-text]"), marking.text);
    set(band.querySelector("[data-band-releasable]"), marking.releasable ?? "");
  }
}

/** @param {Element | null} place @param {string} text */
function set(place, text) {
  if (place && place.textContent !== text) place.textContent = text;
}
