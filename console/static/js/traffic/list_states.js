// What stands in place of rows: loading, nothing that fits, nothing at all, failed, not permitted; and gaps.

import { t } from "../frame/wording.js";

/** @typedef {import("./list.js").ListState} ListState */

/**
 * @param {HTMLElement} frame holds one element for each state, all hidden
 * @param {{retry: () => void, clear: () => void, retryGaps: () => void}} acts
 */
export function openListStates(frame, acts) {
  const states = /** @type {NodeListOf<HTMLElement>} */ (frame.querySelectorAll("[data-list-state]"));
  const gap = /** @type {HTMLElement} */ (frame.querySelector(".gap-row"));
  const gapWords = /** @type {HTMLElement} */ (gap.querySelector(".gap-words"));
  frame.querySelector("[data-act=retry]")?.addEventListener("click", acts.retry);
  frame.querySelector("[data-act=clear]")?.addEventListener("click", acts.clear);
  gap.querySelector("button")?.addEventListener("click", acts.retryGaps);

  return {
    /** @param {ListState} state @param {number} size @param {boolean} filtered @param {number} status */
    show(state, size, filtered, status) {
      let name = "";
      if (size === 0) {
        if (state === "loading") name = "loading";
        else if (state === "ready") name = filtered ? "none-fits" : "none";
        else name = status === 403 ? "forbidden" : status >= 400 && status < 500 ? "refused" : "failed";
      }
      for (const element of states) element.hidden = element.dataset["listState"] !== name;
      frame.setAttribute("aria-busy", String(state === "loading"));
    },
    /** @param {number} missing */
    gaps(missing) {
      gap.hidden = missing === 0;
      if (missing > 0) gapWords.textContent = t("traffic.live.missing", { n: missing });
    },
  };
}
