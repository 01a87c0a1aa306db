// What the list holds: the newest at once, the rest behind it, older pages on demand, and what the stream brings.

import { AskRefused, rows as askRows } from "./api.js";
import { openMatching } from "./matching.js";

/** @typedef {import("./row.js").Row} Row */
/** @typedef {import("./row.js").Batch} Batch */
/** @typedef {import("./buffer.js").TrafficBuffer} TrafficBuffer */
/** @typedef {"loading" | "ready" | "failed" | "refused"} ListState */
/**
 * @typedef {object} ListHearing
 * @property {(news: Row[]) => void} changed with the rows that were not there before and came from the stream
 * @property {(state: ListState, error: AskRefused | null) => void} state
 * @property {(through: number) => void} read the list was read as it stood at this place of the gateway's events
 */

const FIRST = 200;
const PAGE = 500;
/** So many are fetched without being asked for; more as the person scrolls. */
const REST = 5000;

/**
 * @param {TrafficBuffer} buffer
 * @param {ListHearing} hearing
 */
export function openList(buffer, hearing) {
  let query = "";
  let whole = false;
  /** Where the next older page begins. @type {number | null} */
  let next = null;
  let fetching = false;
  let dropped = 0;
  /** @type {ListState} */
  let state = "loading";
  /** @type {AbortController | null} */
  let reading = null;
  /** What came while the list was being read: the answer may be older. @type {Batch[]} */
  let meanwhile = [];

  const matching = openMatching({
    ask: (asked, from, to) => askRows({ q: asked, after: from - 1, before: to + 1, limit: PAGE }),
    judged(fitting, others, through) {
      buffer.remove(others);
      bring(fitting, through);
    },
  });

  /** @param {Row[]} came @param {number} through */
  function bring(came, through) {
    // Below the oldest that is held lies what was not read yet: the page that holds it will bring it.
    const oldest = whole ? -Infinity : (buffer.oldest ?? -Infinity);
    const within = came.filter((row) => row.seq >= oldest);
    const news = within.filter((row) => !buffer.rows.has(row.seq));
    buffer.take(within, through);
    hearing.changed(news);
  }

  async function readRest() {
    const signal = reading?.signal;
    while (!whole && buffer.size < REST && signal && !signal.aborted) {
      if (!(await readOlder())) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** @returns {Promise<boolean>} whether there may be more */
  async function readOlder() {
    if (whole || fetching || !reading) return false;
    const { signal } = reading;
    fetching = true;
    try {
      // Rows that went for want of room are read again from where the list ends now.
      const before = buffer.dropped > dropped ? buffer.oldest : next;
      dropped = buffer.dropped;
      const page = await askRows({ q: query, before, limit: PAGE, signal });
      if (signal.aborted) return false;
      buffer.takeOlder(page.rows, page.event_seq);
      next = page.next_before ?? null;
      whole = next === null;
      hearing.changed([]);
      return !whole;
    } catch {
      return false; // scrolling on tries again
    } finally {
      fetching = false;
    }
  }

  return {
    get query() {
      return query;
    },
    /** Whether the oldest message of all is held. */
    get whole() {
      return whole && buffer.dropped === 0;
    },
    readOlder,
    /**
     * Reads the list anew. Where it is refused what was shown stays.
     * @param {string} asked
     * @returns {Promise<boolean>} whether it is shown now
     */
    async read(asked) {
      reading?.abort();
      const own = (reading = new AbortController());
      meanwhile = [];
      state = "loading";
      hearing.state(state, null);
      try {
        const page = await askRows({ q: asked, limit: FIRST, signal: own.signal });
        if (own.signal.aborted) return false;
        query = asked;
        matching.use(asked);
        buffer.clear();
        buffer.takeOlder(page.rows, page.event_seq);
        next = page.next_before ?? null;
        whole = next === null;
        dropped = buffer.dropped;
        fetching = false;
        const late = meanwhile.filter((batch) => batch.through > page.event_seq);
        meanwhile = [];
        state = "ready";
        for (const batch of late) this.take(batch);
        hearing.read(page.event_seq);
        hearing.state(state, null);
        hearing.changed([]);
        void readRest();
        return true;
      } catch (error) {
        if (own.signal.aborted) return false;
        const known = error instanceof AskRefused ? error : new AskRefused(0, {});
        state = known.status >= 400 && known.status < 500 ? "refused" : "failed";
        hearing.state(state, known);
        return false;
      }
    },
    /** @param {Batch} batch */
    take(batch) {
      if (state === "loading") meanwhile.push(batch);
      if (query === "") bring(batch.rows, batch.through);
      else matching.take(batch.rows);
    },
  };
}
