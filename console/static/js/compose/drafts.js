// Drafts in this browser: sealed with a key that the page has while its operator is signed in and that is kept nowhere.

import { own } from "../frame/root.js";

/** @typedef {{ at: number, composition: string, nonce: string, sealed: string }} Kept */

const LONGEST = 7 * 24 * 3600 * 1000;
const PREFIX = own("draft.");

/** @param {string} operator @param {...string} parts @returns {string} */
export function nameOf(operator, ...parts) {
  return PREFIX + [operator, ...parts].map(encodeURIComponent).join("/");
}

/** @returns {boolean} whether this page can seal at all */
export function canSeal() {
  return globalThis.crypto?.subtle !== undefined;
}

/** @param {string} text base64 @returns {Uint8Array<ArrayBuffer>} */
function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** @param {Uint8Array} data @returns {string} */
function base64(data) {
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return btoa(text);
}

/** @param {string} key base64 @returns {Promise<CryptoKey>} */
export function keyOf(key) {
  return crypto.subtle.importKey("raw", bytes(key), "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** @param {string} name @returns {{ name: string, iv: Uint8Array<ArrayBuffer>, additionalData: Uint8Array<ArrayBuffer> }} */
function sealing(name, nonce = crypto.getRandomValues(new Uint8Array(12))) {
  return { name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(name) };
}

/** @param {CryptoKey} key @param {string} name @param {string} composition @param {string} text @returns {Promise<number>} when */
export async function keep(key, name, composition, text) {
  const how = sealing(name);
  const sealed = new Uint8Array(await crypto.subtle.encrypt(how, key, new TextEncoder().encode(text)));
  /** @type {Kept} */
  const kept = { at: Date.now(), composition, nonce: base64(how.iv), sealed: base64(sealed) };
  localStorage.setItem(name, JSON.stringify(kept));
  return kept.at;
}

/** @param {CryptoKey} key @param {string} name @returns {Promise<(Kept & { text: string }) | null>} */
export async function find(key, name) {
  const kept = read(name);
  if (kept === null) return null;
  try {
    const how = sealing(name, bytes(kept.nonce));
    const text = new TextDecoder().decode(await crypto.subtle.decrypt(how, key, bytes(kept.sealed)));
    return { ...kept, text };
  } catch {
    localStorage.removeItem(name); // sealed before a sign-out: nobody can read it any more
    return null;
  }
}

/** @param {string} name */
export function forget(name) {
  localStorage.removeItem(name);
}

/** @param {string} composition the draft of the form that was sent */
export function forgetSent(composition) {
  for (const name of names()) {
    if (read(name)?.composition === composition) localStorage.removeItem(name);
  }
}

/** @returns {string[]} of every draft of this nation; those too old go */
export function names() {
  const found = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  for (const name of found) {
    const kept = read(name);
    if (kept === null || Date.now() - kept.at > LONGEST) localStorage.removeItem(name);
  }
  return found.filter((name) => localStorage.getItem(name) !== null);
}

/** @param {string} name @returns {Kept | null} */
export function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null");
  } catch {
    return null;
  }
}
