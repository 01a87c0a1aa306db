/** Whether FLASH may sound. Off until somebody switches it on; the chime itself is the traffic page's. */

import { call } from "./calls.js";
import { onKey } from "./keyboard.js";
import { toast } from "./toast.js";
import { t } from "./wording.js";

/** @returns {boolean} */
export function soundOn() {
  return document.documentElement.dataset.sound === "on";
}

/** The button in the header, and M. */
export function startSound() {
  const button = document.getElementById("sound");
  if (!button) return;
  const change = () => {
    const on = !soundOn();
    document.documentElement.dataset.sound = on ? "on" : "off";
    button.setAttribute("aria-pressed", String(on));
    button.querySelector("use")?.setAttribute("href", on ? "#i-volume-2" : "#i-volume-x");
    toast(t(on ? "frame.live.sound_on" : "frame.live.sound_off"), "note");
    document.dispatchEvent(new CustomEvent("entente:sound", { detail: { on } }));
    call("/settings/choices", { form: new URLSearchParams({ sound: on ? "on" : "off" }) }).catch(() => {});
  };
  button.addEventListener("click", change);
  onKey("m", change);
}
