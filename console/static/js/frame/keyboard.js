/** Keys: one table for the page. Never while somebody writes; single keys can be switched off. */

import { toast } from "./toast.js";

/** @typedef {(event: KeyboardEvent) => void} Act */

/** @type {Map<string, Act>} */
const acts = new Map();
let going = 0;

/**
 * Do something on a key, by `event.key` ("j", "Enter", "?", "ArrowDown"); letters in lower case.
 * @param {string} key
 * @param {Act} act
 */
export function onKey(key, act) {
  acts.set(key, act);
}

/** @returns {boolean} whether single keys are on */
function singleKeys() {
  return document.documentElement.dataset.keys !== "off";
}

/** @param {EventTarget | null} target @returns {boolean} whether somebody is writing there */
function writing(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "reset", "range"].includes(target.type);
}

/** Listen to keys, and let G and a letter go to a room. */
export function startKeyboard() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (writing(event.target) || document.querySelector("dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.key.length === 1 && !singleKeys()) return;
    if (going && event.timeStamp - going < 1500) {
      going = 0;
      const link = document.querySelector(`.rail a[data-go="${CSS.escape(key.toUpperCase())}"]`);
      if (link instanceof HTMLAnchorElement) {
        event.preventDefault();
        link.click();
        return;
      }
      const closed = absent(key.toUpperCase());
      if (closed) {
        event.preventDefault();
        toast(closed, "note");
        return;
      }
    }
    if (key === "g") {
      going = event.timeStamp;
      return;
    }
    const act = acts.get(key);
    if (act) {
      act(event);
    }
  });
}

/** @param {string} key @returns {string} for whom the room of a key is, where it is not for who presses it */
function absent(key) {
  const said = document.querySelector(".rail template");
  if (!(said instanceof HTMLTemplateElement)) return "";
  return said.content.querySelector(`[data-absent="${CSS.escape(key)}"]`)?.textContent ?? "";
}

/** Remember for this page that single keys are on or off; the settings page remembers it for good. @param {boolean} on */
export function setSingleKeys(on) {
  document.documentElement.dataset.keys = on ? "on" : "off";
}

