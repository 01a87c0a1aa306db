/** The state of the live stream: one place that says it. */

import { t } from "./wording.js";

/** @typedef {"none" | "live" | "held" | "stale" | "reconnecting" | "offline"} StreamState */

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
}

/** @param {() => void} press what pressing the pill does (resume) */
export function onPill(press) {
  document.getElementById("stream-pill")?.addEventListener("click", press);
}
