// The bands at head and foot of the page: the highest marking of all that the list holds.

import { showMarking } from "../frame/bands.js";
import { coverOf } from "./marking.js";

/** @param {() => Iterable<import("./row.js").Row>} shown */
export function openCoverBand(shown) {
  let last = "";
  let level = -1;

  function show() {
    const cover = coverOf(shown());
    // With nothing to show the last marking stays: what was seen is still in the reader's mind, and it is never less.
    if (cover === null) return;
    const key = JSON.stringify(cover);
    if (key === last) return;
    last = key;
    level = cover.level;
    showMarking(cover);
  }

  return {
    show,
    /** @param {readonly import("./row.js").Row[]} news what is higher than the band is covered before it is drawn */
    rise(news) {
      if (news.some((row) => row.level > level)) show();
    },
  };
}
