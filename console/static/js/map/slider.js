// The moment that the map shows: a slider over the time that items are in force, with a way to let it run.

import { group } from "../compose/moment_text.js";
import { spanOf, stepOf } from "./force.js";

/** @typedef {import("./force.js").Force} Force */

const FRAME_MS = 250;

/** @param {HTMLElement} section @param {(at: number | null) => void} show null is now */
export function timeSlider(section, show) {
  const range = /** @type {HTMLInputElement} */ (section.querySelector("input[type=range]"));
  const output = /** @type {HTMLElement} */ (section.querySelector("[data-moment]"));
  const play = /** @type {HTMLButtonElement} */ (section.querySelector("[data-play]"));
  const now = /** @type {HTMLButtonElement} */ (section.querySelector("[data-now]"));
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let running;
  let live = true;
  section.hidden = false;

  function said() {
    const words = group(new Date(live ? Date.now() : range.valueAsNumber));
    output.textContent = words;
    section.classList.toggle("map-time-set", !live);
    range.setAttribute("aria-valuetext", live ? `${words}, ${now.textContent?.trim() ?? ""}` : words);
    now.disabled = live;
    show(live ? null : range.valueAsNumber);
  }

  function stop() {
    clearInterval(running);
    running = undefined;
    play.setAttribute("aria-pressed", "false");
  }

  function advance() {
    if (range.valueAsNumber + Number(range.step) > Number(range.max)) return stop();
    live = false;
    range.valueAsNumber += Number(range.step);
    return said();
  }

  range.addEventListener("input", () => {
    stop();
    live = false;
    said();
  });
  now.addEventListener("click", () => {
    stop();
    live = true;
    range.valueAsNumber = Date.now();
    said();
    range.focus();
  });
  play.addEventListener("click", () => {
    if (running !== undefined) return stop();
    if (live || range.valueAsNumber + Number(range.step) > Number(range.max)) range.value = range.min;
    play.setAttribute("aria-pressed", "true");
    running = setInterval(advance, FRAME_MS);
    return advance();
  });

  /** @param {readonly Force[]} items */
  return function cover(items) {
    const at = live ? Date.now() : range.valueAsNumber;
    const span = spanOf(items, Date.now());
    [range.min, range.max, range.step] = [String(span.from), String(span.to), String(stepOf(span))];
    range.valueAsNumber = at;
    said();
  };
}
