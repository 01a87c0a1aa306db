// Word that traffic came, for pages that the server renders: through the one stream that all tabs share.

import { serverSaid } from "../frame/clock.js";
import { own, root } from "../frame/root.js";
import { openFeed } from "../stream/feed.js";
import { changes } from "../traffic/api.js";

/** News that comes in a crowd is passed on so often at most. */
const PAUSE_MS = 1000;

/**
 * @param {() => void} changed something came, or may have been missed
 * @param {(state: import("../stream/state.js").StreamState) => void} state
 */
export function onTraffic(changed, state) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let coming;
  let last = -Infinity;

  function soon() {
    if (coming !== undefined) return;
    const wait = Math.max(0, last + PAUSE_MS - performance.now());
    coming = setTimeout(() => {
      coming = undefined;
      last = performance.now();
      changed();
    }, wait);
  }

  openFeed(
    { name: own("traffic"), address: () => `${root}/traffic/stream`, changes },
    {
      batch: (batch) => void (batch.rows.length > 0 && soon()),
      heartbeat: (beat) => serverSaid(beat.at),
      state,
      anew: soon,
      gaps: () => undefined,
      began: () => undefined,
    },
  );
}
