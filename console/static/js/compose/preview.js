// Who would get the draft, asked again a moment after each change; the marking of the page follows the draft's label.

import { showMarking } from "../frame/bands.js";
import { FragmentRefused, loadFragment } from "../frame/fragment.js";
import { t } from "../frame/wording.js";
import { entriesOf } from "./entries.js";

const PAUSE = 600;

/** @param {HTMLFormElement} form */
export function startPreview(form) {
  const place = document.getElementById("preview");
  const said = document.querySelector("[data-preview-said]");
  if (place === null) return;
  /** @type {number | undefined} */
  let waiting;
  /** @type {AbortController | null} */
  let asking = null;

  form.addEventListener("input", later);
  form.addEventListener("change", later);
  markPage(place);
  if (place.querySelector("[data-verdict]") === null) later();

  function later() {
    clearTimeout(waiting);
    waiting = setTimeout(() => void look(), PAUSE);
  }

  async function look() {
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    place?.setAttribute("aria-busy", "true");
    try {
      const path = `${new URL(form.action).pathname}/preview`;
      const came = await loadFragment(path, { method: "POST", form: entriesOf(form), signal: mine.signal });
      const made = came.querySelector("#preview");
      if (made !== null && place !== null) show(place, made);
    } catch (error) {
      if (mine.signal.aborted) return;
      const out = error instanceof FragmentRefused && error.status === 401;
      tell(t(out ? "compose.live.signed_out" : "compose.live.look_failed"));
      place?.setAttribute("data-stale", "yes");
    } finally {
      if (asking === mine) place?.removeAttribute("aria-busy");
    }
  }

  /** @param {HTMLElement} old @param {Element} made */
  function show(old, made) {
    const open = new Set([...old.querySelectorAll("details[open]")].map(nameOf));
    const controls = "summary, button, input, a";
    const focused = [...old.querySelectorAll(controls)].findIndex((each) => each === document.activeElement);
    old.removeAttribute("data-stale");
    old.replaceChildren(...made.childNodes);
    for (const part of old.querySelectorAll("details")) part.open ||= open.has(nameOf(part));
    const again = old.querySelectorAll(controls)[focused];
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
    markPage(old);
    tell(old.querySelector("[data-verdict]")?.textContent?.trim() ?? "");
  }

  /** @param {string} text read out once, and only when it changed */
  function tell(text) {
    if (said !== null && said.textContent !== text) said.textContent = text;
  }
}

/** @param {Element} part @returns {string} */
function nameOf(part) {
  return part.getAttribute("data-name") ?? "";
}

/** @param {Element} place */
function markPage(place) {
  const bands = [...place.querySelectorAll(".preview-band[data-policy]")].filter((each) => each instanceof HTMLElement);
  const [highest] = bands.sort((one, other) => Number(other.dataset.level) - Number(one.dataset.level));
  const text = highest?.querySelector("strong")?.textContent ?? "";
  if (highest === undefined) return;
  const { level, policy, classification, mode } = highest.dataset;
  showMarking({ text, level: Number(level), policy: policy ?? "", classification: classification ?? "", mode });
}
