// The live stream as this page uses it: where it begins, how late rows come, how the nations stand.

import { now as serverNow, serverSaid } from "../frame/clock.js";
import { own, root } from "../frame/root.js";
import { heardOf } from "../frame/strip.js";
import { openFeed } from "../stream/feed.js";
import { changes } from "./api.js";

/** @typedef {import("./row.js").Row} Row */
/** @typedef {import("./row.js").Batch} Batch */
/**
 * @typedef {object} FollowingHearing
 * @property {(batch: Batch) => void} batch
 * @property {(state: import("../stream/state.js").StreamState) => void} state
 * @property {() => void} anew
 * @property {(missing: number) => void} missing how many changes could not be fetched
 * @property {{count: (count: number, late: number | null, now: number) => void}} status
 */

/** The list is read once the stream has said where it begins, or after so long without it. */
const PATIENCE = 700;

/** @param {FollowingHearing} hearing */
export function openFollowing(hearing) {
  /** @type {() => void} */
  let done = () => undefined;
  const begun = new Promise((/** @type {(value: void) => void} */ resolve) => {
    done = resolve;
    setTimeout(resolve, PATIENCE);
  });
  const feed = openFeed(
    { name: own("traffic"), address: () => `${root}/traffic/stream`, changes },
    {
      batch: hearing.batch,
      heartbeat(beat) {
        serverSaid(beat.at);
        heardOf(beat.partners ?? []);
      },
      state: hearing.state,
      anew: hearing.anew,
      gaps: (gaps) => hearing.missing(gaps.reduce((sum, gap) => sum + gap.through - gap.after, 0)),
      began: () => done(),
    },
  );

  return {
    begun,
    /** @param {number} through the list was read as it stood there */
    begin: (through) => feed.begin(through),
    /** @param {boolean} held */
    hold: (held) => feed.hold(held),
    retry: () => feed.retry(),
    get state() {
      return feed.state;
    },
    /** @param {readonly Row[]} news rows that have just come, for the figures of the status line */
    noticed(news) {
      const newest = news.reduce((latest, row) => Math.max(latest, Date.parse(row.at)), 0);
      const late = serverNow() - newest;
      hearing.status.count(news.length, late < 60000 ? late : null, Date.now());
    },
  };
}
