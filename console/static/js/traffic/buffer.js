// The rows that the page holds, by sequence number, and the view of them that may be held still. Pure.

/** @typedef {import("./row.js").Row} Row */

/** Rows held while following, and while the view is held. */
export const LIMIT = 10000;
const HELD_LIMIT = 20000;

/** Rows, oldest first inside, because nearly all that comes is newest; shown newest first. */
export class TrafficBuffer {
  constructor(limit = LIMIT, heldLimit = HELD_LIMIT) {
    this.limit = limit;
    this.heldLimit = heldLimit;
    /** @type {Map<number, Row>} */
    this.rows = new Map();
    /** @type {number[]} */
    this.order = [];
    /** How far in the gateway's events each row was current. @type {Map<number, number>} */
    this.stamps = new Map();
    /** What came while the view was held; null are those that no longer belong. @type {Map<number, Row | null>} */
    this.waiting = new Map();
    this.held = false;
    /** How many of the oldest have gone since the page was opened. */
    this.dropped = 0;
  }

  /** How many rows the view has. */
  get size() {
    return this.order.length;
  }

  /** How many new rows wait behind a held view. */
  get fresh() {
    let count = 0;
    for (const [seq, row] of this.waiting) if (row !== null && !this.rows.has(seq)) count += 1;
    return count;
  }

  /** @param {number} index 0 is the newest */
  seqAt(index) {
    return this.order[this.order.length - 1 - index];
  }

  /** @param {number} index */
  rowAt(index) {
    const seq = this.seqAt(index);
    return seq === undefined ? undefined : this.rows.get(seq);
  }

  /** @param {number} seq @returns {number} where it is in the view, newest first; -1 where it is not */
  indexOf(seq) {
    const at = firstNotBelow(this.order, seq);
    return this.order[at] === seq ? this.order.length - 1 - at : -1;
  }

  /** The oldest sequence number held, or null. */
  get oldest() {
    return this.order[0] ?? null;
  }

  /**
   * Takes rows as they came from the stream. A held view changes nothing but the cells of the rows it shows.
   * @param {readonly Row[]} rows
   * @param {number} through how far in the gateway's events they are current: an older answer changes nothing
   */
  take(rows, through) {
    for (const row of rows) {
      if ((this.stamps.get(row.seq) ?? 0) > through) continue;
      this.stamps.set(row.seq, through);
      if (!this.held) this.put(row);
      else if (!this.rows.has(row.seq)) this.waiting.set(row.seq, row);
      else {
        this.rows.set(row.seq, row);
        this.waiting.delete(row.seq);
      }
    }
    this.trim();
  }

  /**
   * Takes a page of older rows: they go below, which moves nothing.
   * @param {readonly Row[]} rows
   * @param {number} through
   */
  takeOlder(rows, through) {
    const oldest = this.oldest ?? Infinity;
    const older = new Map(rows.filter((row) => row.seq < oldest).map((row) => [row.seq, row]));
    for (const [seq, row] of older) {
      // One that waits behind the held view came from the stream: it is the newer.
      this.rows.set(seq, this.waiting.get(seq) ?? row);
      this.stamps.set(seq, Math.max(through, this.stamps.get(seq) ?? 0));
      this.waiting.delete(seq);
    }
    this.order = [...[...older.keys()].sort((a, b) => a - b), ...this.order];
    this.take(rows.filter((row) => row.seq >= oldest), through);
  }

  /**
   * Rows that no longer belong (their filter fits them no more).
   * @param {Iterable<number>} seqs
   */
  remove(seqs) {
    for (const seq of seqs) {
      if (this.held) {
        if (this.rows.has(seq)) this.waiting.set(seq, null);
        else this.waiting.delete(seq);
      } else if (this.rows.delete(seq)) {
        this.stamps.delete(seq);
        this.order.splice(firstNotBelow(this.order, seq), 1);
      }
    }
  }

  hold() {
    this.held = true;
  }

  /** Lets go: what waited comes in. */
  resume() {
    this.held = false;
    const waited = [...this.waiting].sort((a, b) => a[0] - b[0]);
    this.waiting.clear();
    this.remove(waited.filter(([, row]) => row === null).map(([seq]) => seq));
    for (const [, row] of waited) if (row !== null) this.put(row);
    this.trim();
  }

  /** Begins anew, with nothing. */
  clear() {
    this.rows.clear();
    this.stamps.clear();
    this.order = [];
    this.waiting.clear();
  }

  /** @param {Row} row */
  put(row) {
    const known = this.rows.has(row.seq);
    this.rows.set(row.seq, row);
    if (known) return;
    const newest = this.order[this.order.length - 1];
    if (newest === undefined || row.seq > newest) this.order.push(row.seq);
    else this.order.splice(firstNotBelow(this.order, row.seq), 0, row.seq);
  }

  trim() {
    const over = this.order.length + this.waiting.size - (this.held ? this.heldLimit : this.limit);
    if (over <= 0) return;
    const gone = this.order.splice(0, over);
    for (const seq of gone) {
      this.rows.delete(seq);
      this.stamps.delete(seq);
    }
    const late = [...this.waiting.keys()].sort((a, b) => a - b).slice(0, over - gone.length);
    for (const seq of late) {
      this.waiting.delete(seq);
      this.stamps.delete(seq);
    }
    this.dropped += over;
  }
}

/** @param {readonly number[]} sorted @param {number} value @returns {number} where it is or would be */
function firstNotBelow(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (/** @type {number} */ (sorted[middle]) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
