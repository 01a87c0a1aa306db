// Holds one stream of server events open: opens it again where it broke off, and says why when it may not.

import { eventParser } from "./sse.js";
import { retryDelay } from "./state.js";

/** @typedef {import("./sse.js").ServerEvent} ServerEvent */
/**
 * @typedef {object} Hearing
 * @property {(event: ServerEvent) => void} event
 * @property {(connected: boolean) => void} connected
 * @property {(status: number) => void} refused the server's answer where trying again would not help by itself
 */

/** Nothing for so long on an open stream: it is dead, whatever the network says. */
const SILENT_AFTER = 20000;

/**
 * @param {() => string} address asked before each try
 * @param {() => string | null} lastEventId where to go on
 * @param {Hearing} hearing
 * @returns {{close: () => void}}
 */
export function openConnection(address, lastEventId, hearing) {
  let closed = false;
  let failures = 0;
  /** @type {AbortController | null} */
  let current = null;

  async function once() {
    const aborter = (current = new AbortController());
    /** @type {Record<string, string>} */
    const headers = { Accept: "text/event-stream" };
    const last = lastEventId();
    if (last !== null) headers["Last-Event-ID"] = last;
    const answer = await fetch(address(), { headers, cache: "no-store", signal: aborter.signal, redirect: "error" });
    if (!answer.ok || answer.body === null) {
      await answer.body?.cancel();
      hearing.refused(answer.status);
      throw new Error(`The stream was refused: ${answer.status}`);
    }
    failures = 0;
    hearing.connected(true);
    await read(answer.body.pipeThrough(new TextDecoderStream()).getReader(), aborter);
  }

  /**
   * @param {ReadableStreamDefaultReader<string>} reader
   * @param {AbortController} aborter
   */
  async function read(reader, aborter) {
    const parse = eventParser();
    let timer = setTimeout(() => aborter.abort(), SILENT_AFTER);
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(() => aborter.abort(), SILENT_AFTER);
        for (const event of parse(value)) hearing.event(event);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async function keep() {
    while (!closed) {
      try {
        const began = Date.now();
        await once();
        // One that ends in good order is opened again at once, but never in a tight circle.
        if (Date.now() - began < 1000) failures += 1;
      } catch {
        failures += 1;
      }
      if (closed) return;
      hearing.connected(false);
      await waited(retryDelay(failures, Math.random()));
    }
  }

  void keep();
  return {
    close() {
      closed = true;
      current?.abort();
    },
  };
}

/**
 * Waits, but no longer than until the network comes back.
 * @param {number} milliseconds
 * @returns {Promise<void>}
 */
function waited(milliseconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, milliseconds);
    window.addEventListener("online", finish);
    function finish() {
      clearTimeout(timer);
      window.removeEventListener("online", finish);
      resolve();
    }
  });
}
