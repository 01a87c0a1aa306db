/** The message page, and what a message needs wherever it is shown: importing this is enough. */

import "../compose/moment_fields.js";
import { onKey } from "../frame/keyboard.js";
import { startActing } from "./acting.js";
import { copyText, startCopying } from "./copying.js";
import { startTabs } from "./tabs.js";

startTabs();
startCopying();
startActing();

const whole = document.querySelector(".message-full");
if (whole) {
  onKey("c", () => void copyText(whole, "[data-json]"));
  onKey("u", () => void copyText(whole, "[data-curl]"));
  onKey("a", (event) => {
    const form = whole.querySelector('details[data-act="acknowledge"]');
    if (!(form instanceof HTMLDetailsElement)) return;
    event.preventDefault();
    form.open = true;
    form.querySelector("select")?.focus();
  });
}
