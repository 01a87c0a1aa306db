// Which rows of a long list stand in the document. Pure.

/** Rows drawn beyond the edges, so that a quick scroll finds something. */
const OVERSCAN = 8;

/**
 * @param {{scrollTop: number, height: number, rowHeight: number, count: number}} scroller
 * @returns {{first: number, last: number}} indexes to draw, the last one not included
 */
export function windowOf({ scrollTop, height, rowHeight, count }) {
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight) - OVERSCAN;
  const last = Math.ceil((Math.max(0, scrollTop) + height) / rowHeight) + OVERSCAN;
  const end = Math.min(count, Math.max(0, last));
  return { first: Math.min(end, Math.max(0, first)), last: end };
}

/**
 * Where to scroll so that a row is wholly seen below the sticky header; unchanged when it is.
 * @param {{scrollTop: number, height: number, rowHeight: number}} scroller height without the header
 * @param {number} index
 */
export function scrollToShow({ scrollTop, height, rowHeight }, index) {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + height) return top + rowHeight - height;
  return scrollTop;
}
