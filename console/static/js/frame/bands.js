/** The marking bands at head and foot, for pages whose content changes while they are open. */

import { highest } from "./highest.js";
import { t } from "./wording.js";

/** @typedef {import("./highest.js").Marking} Marking */

/** What the page's own content is marked, and what is shown above it. @type {Marking | null} */
let own = asRendered();
/** @type {Marking[]} */
let above = [];

/** @param {Marking} marking the highest of what the page shows */
export function showMarking(marking) {
  own = marking;
  show();
}

/** @param {Element} place a part of the page that was rendered again, with the marking that covers it */
export function showMarkingOf(place) {
  const said = place.querySelector("[data-covers]");
  // With nothing to show the last marking stays: what was seen is still in the reader's mind.
  if (!(said instanceof HTMLElement) || said.dataset.level === undefined) return;
  const { text, level, policy, classification, mode, differs } = said.dataset;
  showMarking({ text: text ?? "", level: Number(level), policy, classification, mode, differs: differs === "true" });
}

/** @param {Marking[]} markings of what stands above the page's own content, such as FLASH */
export function alsoShown(markings) {
  if (markings.length === 0 && above.length === 0) return;
  above = markings;
  show();
}

function show() {
  const marking = highest(own === null ? above : [own, ...above]);
  for (const band of bands()) {
    band.classList.toggle("band-none", marking === null);
    if (marking === null) delete band.dataset.level;
    else band.dataset.level = String(Math.max(0, Math.min(3, marking.level)));
    band.dataset.policy = marking?.policy ?? "";
    band.dataset.classification = marking?.classification ?? "";
    set(band.querySelector("[data-band-text]"), marking?.text ?? band.dataset.none ?? "");
    band.dataset.differs = String(marking?.differs ?? false);
    set(band.querySelector("[data-band-differs]"), marking?.differs ? t("frame.live.releases_differ") : "");
    const mode = marking?.mode ?? "";
    set(band.querySelector("[data-band-mode]"), mode === "OPERATION" ? "" : mode);
  }
}

/** @returns {HTMLElement[]} */
function bands() {
  return [...document.querySelectorAll("body > [data-band]")].filter((band) => band instanceof HTMLElement);
}

/** @returns {Marking | null} */
function asRendered() {
  const [band] = bands();
  if (band === undefined || band.dataset.level === undefined) return null;
  return {
    text: band.querySelector("[data-band-text]")?.textContent ?? "",
    level: Number(band.dataset.level),
    policy: band.dataset.policy ?? "",
    classification: band.dataset.classification ?? "",
    mode: band.querySelector("[data-band-mode]")?.textContent ?? "",
    differs: band.dataset.differs === "true",
  };
}

/** @param {Element | null} place @param {string} text */
function set(place, text) {
  if (place && place.textContent !== text) place.textContent = text;
}
