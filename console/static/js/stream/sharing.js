// One stream per browser: the tab that holds a lock opens it and tells the others what comes.

/** @typedef {import("./sse.js").ServerEvent} ServerEvent */
/**
 * What one tab tells the others.
 * @typedef {{kind: "event", event: ServerEvent} | {kind: "connected", connected: boolean} |
 *   {kind: "refused", status: number} | {kind: "hello"}} Told
 */
/**
 * @typedef {object} Sharing
 * @property {(told: Told) => void} hear what the leading tab says, in the leading tab, too
 * @property {(tell: (told: Told) => void) => () => void} lead opens the stream; gives what closes it
 */

/**
 * Without locks (an old browser, a page over plain HTTP) each tab has a stream of its own.
 * @param {string} name begins with the nation: consoles of several nations may share one origin
 * @param {Sharing} sharing
 * @returns {() => void} leaves
 */
export function shareStream(name, sharing) {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(name) : null;
  /** @type {(() => void) | null} */
  let close = null;
  /** @type {boolean} */
  let connected = false;

  /** @param {Told} told */
  function tell(told) {
    if (told.kind === "connected") connected = told.connected;
    sharing.hear(told);
    channel?.postMessage(told);
  }

  if (channel) {
    channel.onmessage = (message) => {
      /** @type {Told} */
      const told = message.data;
      if (told.kind !== "hello") sharing.hear(told);
      else if (close) channel.postMessage({ kind: "connected", connected });
    };
    channel.postMessage({ kind: "hello" });
  }

  const leaving = new AbortController();
  if (channel && navigator.locks) {
    navigator.locks
      .request(name, { signal: leaving.signal }, () => {
        close = sharing.lead(tell);
        return new Promise((resolve) => leaving.signal.addEventListener("abort", resolve));
      })
      .catch(() => undefined); // only ever the leaving itself
  } else {
    close = sharing.lead(tell);
  }

  return () => {
    leaving.abort();
    close?.();
    channel?.close();
  };
}
