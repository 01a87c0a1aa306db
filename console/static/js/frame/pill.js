/** The state of the live stream: one place that says it, which others set and listen to. */

import { t } from "./wording.js";

/** @typedef {"none" | "live" | "held" | "stale" | "reconnecting" | "offline" | "signed_out"} StreamState */

/** @type {StreamState} */
let current = "none";

/** @type {Set<(state: StreamState) => void>} */
const listeners = new Set();

/** @returns {StreamState} */
export function streamState() {
  return current;
}

/**
 * Say how the stream stands; `extra` stands behind the word, such as the count of what is new.
 * @param {StreamState} state
 * @param {string} [extra]
 */
export function setStreamState(state, extra = "") {
  const pill = document.getElementById("stream-pill");
  if (pill) {
    pill.hidden = state === "none";
    pill.dataset.stream = state;
    const word = pill.querySelector("[data-stream-word]");
    if (word && state !== "none") word.textContent = t(`frame.live.stream_${state}`) + (extra ? ` ${extra}` : "");
  }
  document.documentElement.dataset.stream = state;
  if (state === current) return;
  current = state;
  for (const listener of listeners) listener(state);
}

/** @param {(state: StreamState) => void} listener @returns {() => void} stops listening */
export function onStreamState(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** @param {() => void} press what pressing the pill does (resume) */
export function onPill(press) {
  document.getElementById("stream-pill")?.addEventListener("click", press);
}
