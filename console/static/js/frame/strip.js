/** The header's strip of nations: ages go on counting; heartbeats set how each nation stands. */

import { now } from "./clock.js";
import { t } from "./wording.js";

/** @param {string | undefined} since @returns {string} `now`, `12s`, `9m`, `3h`, `4d` */
export function age(since) {
  if (!since) return t("frame.live.never");
  const seconds = Math.max(0, Math.floor((now() - Date.parse(since)) / 1000));
  if (seconds < 2) return t("frame.live.now");
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86400)}d`;
}

/**
 * What a heartbeat says of the nations. It only knows who is heard: what else is wrong stays as it was told.
 * @param {readonly import("../traffic/row.js").Partner[]} partners
 */
export function heardOf(partners) {
  for (const partner of partners) {
    const chip = document.querySelector(`[data-chip="${CSS.escape(partner.nation)}"]`);
    if (!chip) continue;
    const before = ["ok", "warn", "bad", "off"].find((state) => chip.classList.contains(`chip-${state}`)) ?? "ok";
    const state = stateOf(partner.state, before);
    chip.className = `chip chip-${state}`;
    const mark = chip.querySelector(".standing");
    if (mark) mark.className = `standing standing-${state}`;
    const word = chip.querySelector("[data-chip-word]");
    if (word) word.textContent = t(`frame.live.standing_${state}`);
    const since = chip.querySelector("[data-chip-since]");
    if (since instanceof HTMLElement && partner.last_heard) since.dataset.since = partner.last_heard;
  }
  showAges();
}

/** @param {"heard" | "silent" | "unheard"} said @param {string} before */
function stateOf(said, before) {
  if (said === "silent") return "bad";
  if (said === "unheard") return before;
  return before === "bad" || before === "off" ? "ok" : before;
}

function showAges() {
  for (const place of document.querySelectorAll("[data-chip-since]")) {
    const words = place.querySelector("bdi");
    if (words && place instanceof HTMLElement) words.textContent = age(place.dataset.since);
  }
}

/** Keep the ages counting. */
export function startStrip() {
  if (document.querySelector("[data-strip]")) setInterval(showAges, 1000);
}
