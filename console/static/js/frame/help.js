/** The overlay with the keys, and the switch for single keys. */

import { call } from "./calls.js";
import { onKey, setSingleKeys } from "./keyboard.js";

/** Let `?` and the button in the rail open it. */
export function startHelp() {
  const help = document.getElementById("help");
  if (!(help instanceof HTMLDialogElement)) return;
  const open = () => help.showModal();
  document.getElementById("open-help")?.addEventListener("click", open);
  onKey("?", open);
  const single = document.getElementById("single-keys");
  single?.addEventListener("change", () => {
    const on = single instanceof HTMLInputElement && single.checked;
    setSingleKeys(on);
    call("/settings/choices", { form: new URLSearchParams({ keys: on ? "on" : "off" }) }).catch(() => {});
  });
}
