// The keys of the traffic page: which act each key is. Keys that move work in the list, not in other controls.

import { onKey } from "../frame/keyboard.js";
import { PRECEDENCES } from "./row_words.js";

/**
 * @typedef {object} Acts
 * @property {() => void} search
 * @property {(by: number) => void} move
 * @property {() => void} newest
 * @property {() => void} oldest
 * @property {() => number} page how many rows a page has
 * @property {() => void} open
 * @property {() => void} close
 * @property {() => void} pause
 * @property {(precedence: import("./row.js").Precedence) => void} precedence
 * @property {() => void} acknowledge
 * @property {(what: "json" | "curl") => void} copy
 */

/** @param {HTMLElement} list @param {Acts} acts */
export function openTrafficKeys(list, acts) {
  /** @param {EventTarget | null} target whether nothing else there uses the key itself */
  function free(target) {
    return target instanceof Element && (list.contains(target) || target === document.body || target.id === "main");
  }

  /** @param {string[]} keys @param {() => void} act @param {boolean} anywhere */
  function on(keys, act, anywhere) {
    for (const key of keys) {
      onKey(key, (event) => {
        if (!anywhere && !free(event.target)) return;
        if (event.target instanceof HTMLElement && event.key === "Enter" && event.target.closest("button, a")) return;
        event.preventDefault();
        act();
      });
    }
  }

  on(["/"], acts.search, true);
  on(["j"], () => acts.move(1), true);
  on(["k"], () => acts.move(-1), true);
  on(["ArrowDown"], () => acts.move(1), false);
  on(["ArrowUp"], () => acts.move(-1), false);
  on(["PageDown"], () => acts.move(acts.page()), false);
  on(["PageUp"], () => acts.move(-acts.page()), false);
  on(["Home"], acts.newest, false);
  on(["End"], acts.oldest, false);
  on(["Enter"], acts.open, false);
  on(["Escape"], acts.close, true);
  on(["p"], acts.pause, true);
  on(["a"], acts.acknowledge, true);
  on(["c"], () => acts.copy("json"), true);
  on(["u"], () => acts.copy("curl"), true);
  PRECEDENCES.forEach((precedence, index) => on([String(index + 1)], () => acts.precedence(precedence), true));
}
