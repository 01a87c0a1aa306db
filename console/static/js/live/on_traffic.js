// Word that traffic came, for every page but the list itself: one listener to the one stream that all tabs share.

import { serverSaid } from "../frame/clock.js";
import { own, root } from "../frame/root.js";
import { heardOf } from "../frame/strip.js";
import { openFeed } from "../stream/feed.js";
import { changes } from "../traffic/api.js";

/** @typedef {import("../stream/state.js").StreamState} StreamState */
/** @typedef {import("../traffic/row.js").Batch} Batch */
/**
 * @typedef {object} Listener
 * @property {(batch: Batch | null) => void} news something came; null where it is not known what
 * @property {(state: StreamState) => void} state
 */

/** News that comes in a crowd is passed on so often at most. */
const PAUSE_MS = 1000;

/** @type {Listener[]} */
const listeners = [];
/** @type {StreamState | null} */
let standing = null;

/** @param {Listener} listener hears every batch as it comes */
export function onBatch(listener) {
  listeners.push(listener);
  if (listeners.length === 1) open();
  else if (standing !== null) listener.state(standing);
}

function open() {
  const tell = (/** @type {Batch | null} */ batch) => listeners.forEach((each) => each.news(batch));
  openFeed(
    { name: own("traffic"), address: () => `${root}/traffic/stream`, changes },
    {
      batch: (batch) => void (batch.rows.length > 0 && tell(batch)),
      heartbeat(beat) {
        serverSaid(beat.at);
        heardOf(beat.partners ?? []);
      },
      state(state) {
        standing = state;
        listeners.forEach((each) => each.state(state));
      },
      anew: () => tell(null),
      gaps: () => undefined,
      began: () => undefined,
    },
  );
}

/**
 * @param {() => void} changed something came, or may have been missed
 * @param {(state: StreamState) => void} state
 */
export function onTraffic(changed, state) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let coming;
  let last = -Infinity;

  function news() {
    if (coming !== undefined) return;
    const wait = Math.max(0, last + PAUSE_MS - performance.now());
    coming = setTimeout(() => {
      coming = undefined;
      last = performance.now();
      changed();
    }, wait);
  }

  onBatch({ news, state });
}
