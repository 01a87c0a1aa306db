// Held means held: whatever made the person look at older rows, the view stands still until they let go.

import { number, t } from "../frame/wording.js";

/**
 * @typedef {object} Held
 * @property {import("./buffer.js").TrafficBuffer} buffer
 * @property {{scrollTop: number, scrollTo: (to: number) => void, schedule: () => void}} grid
 * @property {HTMLButtonElement} pause
 * @property {HTMLButtonElement} news the pill over the list that counts what is new
 * @property {(held: boolean) => void} told
 */

/** @param {Held} parts */
export function openHolding({ buffer, grid, pause, news, told }) {
  const word = /** @type {HTMLElement} */ (pause.querySelector(".word"));
  const shape = /** @type {SVGUseElement | null} */ (pause.querySelector("use"));

  function show() {
    const held = buffer.held;
    word.textContent = t(held ? "traffic.live.resume" : "traffic.live.pause");
    pause.setAttribute("aria-label", word.textContent);
    shape?.setAttribute("href", held ? "#i-play" : "#i-pause");
    pause.classList.toggle("on", held);
    count();
  }

  function count() {
    const fresh = buffer.held ? buffer.fresh : 0;
    news.hidden = fresh === 0;
    const words = `▲ ${t("traffic.live.new_rows", { n: fresh })}`;
    if (fresh > 0 && news.textContent !== words) news.textContent = words;
    return number(fresh);
  }

  function hold() {
    if (buffer.held) return;
    buffer.hold();
    told(true);
    show();
  }

  function resume() {
    if (buffer.held) {
      buffer.resume();
      told(false);
      show();
    }
    grid.scrollTo(0);
  }

  pause.addEventListener("click", () => (buffer.held ? resume() : hold()));
  news.addEventListener("click", resume);
  show();
  return {
    hold,
    resume,
    count,
    toggle() {
      if (buffer.held) resume();
      else hold();
    },
    /** @param {boolean} own the page scrolled, not the person */
    scrolled(own) {
      if (grid.scrollTop > 1) hold();
      else if (buffer.held && !own) resume();
    },
  };
}
