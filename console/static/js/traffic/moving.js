// Moving through the list by keys and pointer, and opening what is chosen beside it.

import { toast } from "../frame/toast.js";
import { oneLine } from "../frame/visible.js";
import { t } from "../frame/wording.js";
import { pathOf } from "./row_words.js";

/** @typedef {import("./row.js").Row} Row */
/**
 * @typedef {object} Parts
 * @property {import("./buffer.js").TrafficBuffer} buffer
 * @property {ReturnType<typeof import("./grid.js").openGrid>} grid
 * @property {ReturnType<typeof import("./holding.js").openHolding>} holding
 * @property {ReturnType<typeof import("./drawer.js").openDrawer>} drawer
 * @property {ReturnType<typeof import("./list.js").openList>} list
 * @property {HTMLElement} scroller
 */

/** @param {Row} row what the address calls it */
const nameOf = (row) => pathOf(row).slice("/messages/".length);

/** @param {Parts} parts */
export function openMoving({ buffer, grid, holding, drawer, list, scroller }) {
  /** The row that the keyboard is on, or whose message is open. */
  const chosen = () => grid.current ?? grid.selected;

  /** @param {Row} row @param {boolean} focus */
  function openRow(row, focus) {
    grid.select(row.seq);
    grid.setCurrent(row.seq);
    void drawer.show(nameOf(row), { focus, subject: row.subject ? oneLine(row.subject) : t("traffic.live.content_not_shown") });
  }

  /** @param {number} index */
  function goTo(index) {
    const seq = buffer.seqAt(Math.max(0, Math.min(buffer.size - 1, index)));
    if (seq === undefined) return;
    grid.focus(seq);
    // With the message beside the list open, it follows the keyboard.
    const row = buffer.rows.get(seq);
    if (drawer.shown && row) openRow(row, false);
  }

  scroller.addEventListener("click", (event) => {
    const element = event.target instanceof Element ? event.target.closest(".row") : null;
    const row = element instanceof HTMLElement ? buffer.rows.get(Number(element.dataset["seq"])) : undefined;
    if (!row || String(document.getSelection() ?? "") !== "") return;
    openRow(row, false);
    /** @type {HTMLElement} */ (element).focus({ preventScroll: true });
  });

  return {
    openRow,
    /** @param {number} by */
    move(by) {
      if (buffer.size === 0) return;
      holding.hold();
      const from = chosen();
      const index = from === null ? -1 : buffer.indexOf(from);
      goTo(index < 0 ? 0 : index + by);
      if (grid.nearEnd) void list.readOlder();
    },
    newest() {
      holding.resume();
      const seq = buffer.seqAt(0);
      if (seq !== undefined) grid.focus(seq);
    },
    oldest() {
      holding.hold();
      goTo(buffer.size - 1);
      void list.readOlder();
    },
    open() {
      const seq = chosen() ?? buffer.seqAt(0);
      const row = seq === undefined || seq === null ? undefined : buffer.rows.get(seq);
      if (row) openRow(row, true);
    },
    /** The list takes the focus back. */
    focus() {
      grid.select(null);
      const seq = chosen() ?? buffer.seqAt(0);
      if (seq !== undefined && seq !== null && buffer.indexOf(seq) >= 0) grid.focus(seq);
      else scroller.focus();
    },
    /** @param {Row} row whether its message is the open one */
    isShown: (row) => drawer.shown === nameOf(row),
    /** @param {{waiting: readonly Row[], give: (row: Row) => Promise<void>}} flash */
    acknowledge(flash) {
      const seq = drawer.shown ? grid.selected : grid.current;
      const row = seq === null ? undefined : buffer.rows.get(seq);
      const due = row?.awaiting_ours ? row : row ? undefined : flash.waiting[0];
      if (due) void flash.give(due);
      else toast(t("traffic.live.nothing_to_acknowledge"), "note");
    },
    /** @param {"json" | "curl"} what */
    async copy(what) {
      const seq = chosen();
      const row = seq === null ? undefined : buffer.rows.get(seq);
      if (row && drawer.shown !== nameOf(row)) {
        grid.select(row.seq);
        await drawer.show(nameOf(row), { focus: false });
      }
      if (!drawer.press(`[data-copy="[data-${what}]"]`)) toast(t("traffic.live.nothing_to_copy"), "note");
    },
  };
}
