// The chime for FLASH: three tones that rise, the same for every one. Off until a person has switched sound on.

import { soundOn } from "../frame/sound.js";

const TONES = [659.26, 830.61, 987.77];
/** @type {AudioContext | null} */
let audio = null;

/** Sounds, where sound is on and the browser lets the page (a person has touched it). */
export function chime() {
  if (!soundOn()) return;
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
