/** Tells the console, at most once a minute, that somebody is at the keys: a session left alone ends. */

import { call } from "./calls.js";
import { csrf } from "./root.js";

const PAUSE = 60_000;
let told = performance.now();
let timer = 0;

function tell() {
  timer = 0;
  told = performance.now();
  call("/session/active", { method: "POST" }).catch(() => {});
}

function noticed() {
  if (timer) return;
  const since = performance.now() - told;
  if (since >= PAUSE) tell();
  else timer = window.setTimeout(tell, PAUSE - since);
}

/** Watch for a person. */
export function startActivity() {
  if (!csrf()) return;
  for (const kind of ["keydown", "pointerdown", "wheel"]) document.addEventListener(kind, noticed, { passive: true, capture: true });
}
