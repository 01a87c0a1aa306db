// The line at the foot: what the stream does, how much comes, how late, how full the buffer is, and what is missing.

import { number, t } from "../frame/wording.js";

/** @typedef {import("../stream/state.js").StreamState} StreamState */
/**
 * @typedef {object} Figures
 * @property {StreamState} state
 * @property {number} size
 * @property {number} limit
 * @property {number} dropped
 * @property {number | null} seq the newest row
 * @property {number} missing how many changes could not be fetched
 */

/** Messages per second are those of so many seconds. */
const SPAN = 10;

/** @param {HTMLElement} line */
export function openStatusLine(line) {
  const place = (/** @type {string} */ name) => line.querySelector(`[data-figure="${name}"]`);
  /** @type {number[]} */
  const came = [];
  /** @type {number | null} */
  let lag = null;

  /** @param {string} name @param {string} text */
  function say(name, text) {
    const element = place(name);
    if (element && element.textContent !== text) element.textContent = text;
  }

  return {
    /**
     * @param {number} count new rows
     * @param {number | null} late how many milliseconds after the gateway had them
     * @param {number} now
     */
    count(count, late, now) {
      for (let each = 0; each < count; each += 1) came.push(now);
      if (late !== null) lag = Math.max(0, late);
    },
    /** @param {Figures} figures @param {number} now */
    show(figures, now) {
      while (came.length > 0 && /** @type {number} */ (came[0]) < now - SPAN * 1000) came.shift();
      say("state", t(`traffic.live.stream.${figures.state.toLowerCase()}`));
      say("rate", t("traffic.live.rate", { rate: number(Math.round((came.length / SPAN) * 10) / 10) }));
      say("lag", lag === null ? "" : t("traffic.live.lag", { ms: number(Math.round(lag)) }));
      const fill = t("traffic.live.buffer", { size: number(figures.size), limit: number(figures.limit) });
      say("buffer", figures.dropped > 0 ? `${fill} · ${t("traffic.live.dropped", { n: figures.dropped })}` : fill);
      const gaps = figures.missing > 0 ? t("traffic.live.missing", { n: figures.missing }) : t("traffic.live.no_gaps");
      say("seq", figures.seq === null ? gaps : `${t("traffic.live.seq", { seq: String(figures.seq) })} · ${gaps}`);
      line.classList.toggle("gaps", figures.missing > 0);
    },
  };
}
