// Whether a batch follows on what is known, repeats it, or leaves a gap. Pure.

/** @typedef {{after: number, through: number}} Span */

/**
 * Holds how far this page has seen the gateway's events, and where it has missed some.
 * @param {number | null} begun how far the page has seen; null before the stream has said where it begins
 */
export function positionKeeper(begun = null) {
  let through = begun;
  /** @type {Span[]} */
  let gaps = [];
  return {
    get through() {
      return through;
    },
    /** @returns {readonly Span[]} */
    get gaps() {
      return gaps;
    },
    /** @param {number} at the stream's own word on where it begins */
    begin(at) {
      if (through === null) through = at;
      else if (at > through) this.take({ after: at, through: at });
    },
    /**
     * @param {Span} batch
     * @returns {"new" | "seen" | "gap"} whether it follows, brings nothing new, or follows on something missed
     */
    take(batch) {
      if (through === null) through = batch.after;
      if (batch.through < through || (batch.through === through && batch.after < batch.through)) return "seen";
      const missed = batch.after > through;
      if (missed) gaps.push({ after: through, through: batch.after });
      through = Math.max(through, batch.through);
      return missed ? "gap" : "new";
    },
    /** @param {Span} span what has been fetched since */
    filled(span) {
      gaps = gaps.flatMap((gap) => without(gap, span));
    },
    /** Everything is read anew: where the page stands will be said. */
    forget() {
      through = null;
      gaps = [];
    },
  };
}

/**
 * @param {Span} gap
 * @param {Span} span
 * @returns {Span[]} what of the gap is left
 */
function without(gap, span) {
  if (span.through <= gap.after || span.after >= gap.through) return [gap];
  const left = [];
  if (span.after > gap.after) left.push({ after: gap.after, through: span.after });
  if (span.through < gap.through) left.push({ after: span.through, through: gap.through });
  return left;
}
