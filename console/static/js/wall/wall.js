// The wall keeps itself current: its parts are rendered by the server again whenever traffic comes.

import { t } from "../frame/wording.js";
import { onTraffic } from "../live/on_traffic.js";
import { keepCount } from "./more.js";

const parts = document.getElementById("wall-parts");
const word = document.querySelector("[data-wall-state]");

/** @param {import("../stream/state.js").StreamState} state */
function say(state) {
  if (!(word instanceof HTMLElement)) return;
  const name = state.toLowerCase();
  word.dataset["state"] = name;
  word.textContent = t(`wall.live.${name}`);
  parts?.classList.toggle("is-stale", name !== "live");
}

if (parts !== null) {
  keepCount(parts);
  onTraffic(() => parts.dispatchEvent(new CustomEvent("live:refresh")), say);
}
