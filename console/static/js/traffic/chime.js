// The chime for FLASH: three tones that rise, the same for every one. Off until a person has switched sound on.

import { own } from "../frame/root.js";
import { soundOn } from "../frame/sound.js";

const TONES = [659.26, 830.61, 987.77];
/** Whether this tab has the bell. */
let holding = false;
/** @type {AudioContext | null} */
let audio = null;

/** How long a tab keeps the bell, in milliseconds: as long as the tones last. */
const LASTS = 1000;

/** Sounds, where sound is on and the browser lets the page (a person has touched it). One tab rings for all. */
export function chime() {
  // A page that nobody has touched may not sound, and must not keep the bell from one that may.
  if (!soundOn() || navigator.userActivation?.hasBeenActive === false) return;
  if (holding || !navigator.locks) {
    ring();
    return;
  }
  void navigator.locks.request(own("chime"), { ifAvailable: true }, async bell => {
    if (!bell) return;
    holding = true;
    ring();
    await new Promise(resolve => setTimeout(resolve, LASTS));
    holding = false;
  });
}

function ring() {
  audio ??= new AudioContext();
  const context = audio;
  void context.resume();
  document.documentElement.dataset["chimes"] = String(Number(document.documentElement.dataset["chimes"] ?? 0) + 1);
  TONES.forEach((tone, index) => {
    const at = context.currentTime + 0.02 + index * 0.18;
    const source = context.createOscillator();
    const volume = context.createGain();
    source.frequency.value = tone;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.32);
    source.connect(volume).connect(context.destination);
    source.start(at);
    source.stop(at + 0.34);
  });
}

/** Switching it on lets it be heard once, so that the person knows it. */
export function startChime() {
  document.addEventListener("entente:sound", chime);
}
