// Times: what was typed is said again as a date-time group and in local time, and can be picked from a calendar.

import { element, icon } from "../frame/elements.js";
import { language, zone } from "../frame/root.js";
import { t } from "../frame/wording.js";
import { group, readMoment, shown } from "./moment_text.js";

/** @param {ParentNode} place */
export function startMoments(place) {
  for (const holder of place.querySelectorAll("[data-moment]:not([data-begun])")) {
    const input = holder.querySelector("input");
    const echo = holder.querySelector("output");
    if (input === null || echo === null) continue;
    holder.setAttribute("data-begun", "yes");
    const say = () => {
      const at = readMoment(input.value);
      echo.textContent = at === null ? "" : `${group(at)} · ${t("compose.live.local", { time: local(at) })}`;
    };
    input.addEventListener("input", say);
    input.after(calendarOf(input));
    say();
  }
}

/** @param {Date} at @returns {string} */
function local(at) {
  const wanted = { dateStyle: /** @type {const} */ ("medium"), timeStyle: /** @type {const} */ ("short") };
  return new Intl.DateTimeFormat(language, { ...wanted, timeZone: zone, numberingSystem: "latn" }).format(at);
}

/** @param {HTMLInputElement} input @returns {HTMLElement} a button that opens the browser's own calendar, in Zulu */
function calendarOf(input) {
  const picker = document.createElement("input");
  picker.type = "datetime-local";
  picker.tabIndex = -1;
  picker.className = "calendar-input";
  picker.setAttribute("aria-hidden", "true");
  const button = element("button", { type: "button", class: "icon-button calendar", "aria-label": t("compose.live.pick_time"), title: t("compose.live.pick_time") }, icon("calendar-days"));
  button.addEventListener("click", () => {
    const at = readMoment(input.value) ?? new Date();
    picker.value = at.toISOString().slice(0, 16);
    picker.showPicker();
  });
  picker.addEventListener("change", () => {
    if (picker.value === "") return;
    input.value = shown(new Date(`${picker.value}Z`));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return element("span", { class: "calendar-place" }, button, picker);
}
