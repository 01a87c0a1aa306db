// Under a filter the server says which of the rows that came fit it: a page could not decide that rightly.

/** @typedef {import("./row.js").Row} Row */
/** @typedef {import("./row.js").RowPage} RowPage */

/** Asked at most so often, in milliseconds. */
const PAUSE = 400;
/** Numbers as near as this are asked about together, of so wide a span at most: an answer has 500 rows. */
const NEAR = 50;
const WIDEST = 400;

/**
 * Which span to ask about first: from the newest number down, as long as others are near.
 * @param {readonly number[]} newestFirst
 */
export function firstSpan(newestFirst) {
  const to = /** @type {number} */ (newestFirst[0]);
  let from = to;
  for (const seq of newestFirst) {
    if (from - seq > NEAR || to - seq >= WIDEST) break;
    from = seq;
  }
  return { from, to };
}

/**
 * @param {object} plan
 * @param {(query: string, from: number, to: number) => Promise<RowPage>} plan.ask
 * @param {(fitting: Row[], others: number[], eventSeq: number) => void} plan.judged
 * @param {(action: () => void, milliseconds: number) => unknown} [plan.later]
 */
export function openMatching({ ask, judged, later = setTimeout }) {
  /** @type {Set<number>} */
  const open = new Set();
  let filter = "";
  let busy = false;

  async function judge() {
    const { from, to } = firstSpan([...open].sort((a, b) => b - a));
    const seqs = [...open].filter((seq) => seq >= from && seq <= to);
    const asked = filter;
    for (const seq of seqs) open.delete(seq);
    try {
      const page = await ask(asked, from, to);
      if (asked === filter) {
        const fitting = new Set(page.rows.map((row) => row.seq));
        judged(page.rows, seqs.filter((seq) => !fitting.has(seq)), page.event_seq);
      }
    } catch {
      // Asked again with whatever comes next; until then they wait.
      if (asked === filter) for (const seq of seqs) open.add(seq);
    }
    later(() => {
      busy = false;
      wake();
    }, PAUSE);
  }

  function wake() {
    if (busy || open.size === 0) return;
    busy = true;
    void judge();
  }

  return {
    /** @param {readonly Row[]} rows what came from the stream */
    take(rows) {
      for (const row of rows) open.add(row.seq);
      wake();
    },
    /** @param {string} query another filter: what was open is no longer of interest */
    use(query) {
      filter = query;
      open.clear();
    },
  };
}
