// The list on the page: a window on the buffer, drawn at most once a frame, rows kept by sequence number.

import { makeRow, paintRow } from "./row_cells.js";
import { scrollToShow, windowOf } from "./window.js";

/** @typedef {import("./row_cells.js").RowElement} RowElement */
/** @typedef {import("./buffer.js").TrafficBuffer} TrafficBuffer */
/**
 * @typedef {object} GridParts
 * @property {HTMLElement} scroller the element that scrolls: role grid
 * @property {HTMLElement} head the sticky row of column names
 * @property {HTMLElement} body the element as high as all rows
 */
/** @typedef {{scrolled: (own: boolean) => void}} GridHearing */

/** How long a new row is tinted, in milliseconds. */
const FRESH = 4000;
const SPARE = 40;

/**
 * @param {GridParts} parts
 * @param {TrafficBuffer} buffer
 * @param {GridHearing} hearing
 */
export function openGrid({ scroller, head, body }, buffer, hearing) {
  /** @type {Map<number, RowElement>} */
  const standing = new Map();
  /** @type {RowElement[]} */
  const spare = [];
  /** @type {Map<number, number>} */
  const fresh = new Map();
  let scheduled = false;
  let rowHeight = heightOfRows();
  let height = scroller.clientHeight - head.offsetHeight;
  let scrollTop = scroller.scrollTop;
  /** @type {number | null} */
  let selected = null;
  /** @type {number | null} */
  let current = null;
  let bodyHeight = -1;
  /** The next scroll event is of the page's own making. */
  let pageScrolled = false;

  function heightOfRows() {
    return Number.parseFloat(getComputedStyle(scroller).getPropertyValue("--row")) || 30;
  }

  function schedule() {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(draw);
  }

  function draw() {
    scheduled = false;
    if (body.dataset["first"] !== undefined) return;
    const count = buffer.size;
    if (count * rowHeight !== bodyHeight) {
      bodyHeight = count * rowHeight;
      body.style.height = `${bodyHeight}px`;
      scroller.setAttribute("aria-rowcount", String(count + 1));
    }
    const { first, last } = windowOf({ scrollTop, height, rowHeight, count });
    /** @type {Set<number>} */
    const wanted = new Set();
    for (let index = first; index < last; index += 1) wanted.add(/** @type {number} */ (buffer.seqAt(index)));
    const focused = focusedSeq();
    for (const seq of [current, focused]) if (seq !== null && buffer.rows.has(seq)) wanted.add(seq);
    for (const [seq, made] of standing) {
      if (wanted.has(seq)) continue;
      standing.delete(seq);
      if (seq === focused) keepFocus();
      made.element.remove();
      if (spare.length < SPARE) spare.push(made);
    }
    const tabbable = current !== null && wanted.has(current) ? current : (buffer.seqAt(0) ?? null);
    for (const seq of wanted) place(seq, tabbable);
  }

  /** @param {number} seq @param {number | null} tabbable */
  function place(seq, tabbable) {
    let made = standing.get(seq);
    if (!made) {
      made = spare.pop() ?? makeRow();
      standing.set(seq, made);
      body.append(made.element);
    }
    const row = buffer.rows.get(seq);
    if (row) paintRow(made, row);
    const { element } = made;
    const index = buffer.indexOf(seq);
    const move = `translateY(${index * rowHeight}px)`;
    if (element.style.transform !== move) {
      element.style.transform = move;
      element.setAttribute("aria-rowindex", String(index + 2));
    }
    const tab = seq === tabbable ? 0 : -1;
    if (element.tabIndex !== tab) element.tabIndex = tab;
    element.classList.toggle("fresh", fresh.has(seq));
    const chosen = seq === selected;
    if (chosen !== element.classList.contains("selected")) {
      element.classList.toggle("selected", chosen);
      element.setAttribute("aria-selected", String(chosen));
    }
  }

  function focusedSeq() {
    const element = document.activeElement?.closest?.(".row");
    return element instanceof HTMLElement && body.contains(element) ? Number(element.dataset["seq"]) : null;
  }

  /** The focused row has gone from the list: the focus stays in it. */
  function keepFocus() {
    scroller.focus({ preventScroll: true });
  }

  scroller.addEventListener(
    "scroll",
    () => {
      scrollTop = scroller.scrollTop;
      const own = pageScrolled;
      pageScrolled = false;
      hearing.scrolled(own);
      schedule();
    },
    { passive: true },
  );
  new ResizeObserver(() => {
    rowHeight = heightOfRows();
    height = scroller.clientHeight - head.offsetHeight;
    bodyHeight = -1;
    draw(); // at once: what is measured now is not yet painted
  }).observe(scroller);

  return {
    schedule,
    get scrollTop() {
      return scrollTop;
    },
    get selected() {
      return selected;
    },
    get current() {
      return current;
    },
    /** How many rows fit. */
    get page() {
      return Math.max(1, Math.floor(height / rowHeight) - 1);
    },
    /** Whether the end of what is held is near. */
    get nearEnd() {
      return scrollTop + height * 2 > bodyHeight;
    },
    /** @param {Iterable<number>} seqs rows that have just come: tinted for a while */
    tint(seqs) {
      const until = Date.now() + FRESH;
      for (const seq of seqs) fresh.set(seq, until);
    },
    /** Ends tints whose time is over. */
    fade() {
      const now = Date.now();
      let changed = false;
      for (const [seq, until] of fresh) {
        if (until > now) break;
        fresh.delete(seq);
        changed ||= standing.has(seq);
      }
      if (changed) schedule();
    },
    /** @param {number | null} seq the row whose message is open beside the list */
    select(seq) {
      selected = seq;
      schedule();
    },
    /** @param {number | null} seq the row that the keyboard is on */
    setCurrent(seq) {
      current = seq;
      schedule();
    },
    /** @param {number} seq draws at once, so that the row can take the focus */
    focus(seq) {
      current = seq;
      const index = buffer.indexOf(seq);
      if (index < 0) return;
      const to = scrollToShow({ scrollTop, height, rowHeight }, index);
      draw();
      if (to !== scrollTop) this.scrollTo(to);
      standing.get(seq)?.element.focus({ preventScroll: true });
    },
    /** @param {number} to */
    scrollTo(to) {
      body.style.height = `${buffer.size * rowHeight}px`;
      pageScrolled = scroller.scrollTop !== to;
      scroller.scrollTop = to;
      scrollTop = scroller.scrollTop;
      draw();
    },
  };
}
