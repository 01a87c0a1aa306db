// The bar of FLASH messages that await this operator's nation: what, from whom, open it, acknowledge it.

import { alsoShown } from "../frame/bands.js";
import { oneLine as visible } from "../frame/visible.js";
import { t } from "../frame/wording.js";
import { AskRefused, acknowledge, awaiting } from "./api.js";
import { markingOf } from "./marking.js";
import { paintMode } from "./row_cells.js";
import { pathOf, shortDtg } from "./row_words.js";

/** @typedef {import("./row.js").Row} Row */
/**
 * @typedef {object} FlashHearing
 * @property {(row: Row) => void} [open] in place of going to the message
 * @property {(rows: Row[]) => void} arrived FLASH messages that were not waiting before
 */

/** Asked again so often even when nothing tells of a change. */
const ANYWAY = 30000;
/** Entries shown one below the other; the rest is a number. */
const SHOWN = 3;

/**
 * @param {HTMLElement} bar
 * @param {HTMLElement} region assertive: what a screen reader says at once
 * @param {FlashHearing} hearing
 */
export function openFlashBar(bar, region, hearing) {
  const list = /** @type {HTMLElement} */ (bar.querySelector(".flash-list"));
  const count = /** @type {HTMLElement} */ (bar.querySelector(".flash-count"));
  const refusal = /** @type {HTMLElement} */ (bar.querySelector(".flash-refusal"));
  const more = /** @type {HTMLElement} */ (bar.querySelector(".flash-more"));
  const rest = /** @type {HTMLElement} */ (more.querySelector("a"));
  const template = /** @type {HTMLTemplateElement} */ (bar.querySelector("template"));
  const title = document.title;
  /** By the row's number: two originators may give their messages the same id. @type {Map<number, HTMLElement>} */
  const entries = new Map();
  /** @type {Row[]} */
  let waiting = [];
  /** The highest number that was listed. */
  let newest = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let first = true;

  async function refresh() {
    clearTimeout(timer);
    // Where it cannot be asked what is known stays; the pill says when the server is gone.
    const told = await awaiting().catch(() => null);
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), ANYWAY);
    if (told !== null) show(told.rows, told.counts["FLASH"] ?? told.rows.length);
  }

  /**
   * @param {Row[]} rows of each originator the oldest and the newest first
   * @param {number} total how many wait, listed or not
   */
  function show(rows, total) {
    // Of many that wait, older ones come into the list as others are acknowledged: those have not arrived.
    const arrived = rows.filter((row) => row.seq > newest);
    newest = Math.max(newest, ...rows.map((row) => row.seq));
    waiting = rows;
    bar.hidden = rows.length === 0;
    document.title = rows.length > 0 ? `(${total}) ${title}` : title;
    count.textContent = String(total);
    const shown = new Set(rows.slice(0, SHOWN).map((row) => row.seq));
    for (const [key, entry] of entries) {
      if (shown.has(key)) continue;
      entry.remove();
      entries.delete(key);
    }
    for (const row of rows.slice(0, SHOWN)) {
      const entry = entries.get(row.seq) ?? made(row);
      list.append(entry);
    }
    alsoShown(rows.slice(0, SHOWN).map(markingOf));
    const unlisted = total - Math.min(rows.length, SHOWN);
    more.hidden = unlisted <= 0;
    if (unlisted > 0) rest.textContent = t("traffic.live.flash_more", { n: unlisted });
    if (arrived.length > 0) {
      region.textContent = arrived.map((row) => t("traffic.live.flash_said", said(row))).join(" ");
      if (!first) hearing.arrived(arrived);
      bar.classList.remove("swing");
      void bar.offsetWidth;
      bar.classList.add("swing");
    }
    first = false;
  }

  /** @param {Row} row */
  const said = (row) => ({
    nation: visible(row.originator),
    dtg: shortDtg(row.at),
    subject: row.subject ? visible(row.subject) : t("traffic.live.content_not_shown"),
  });

  /** @param {Row} row */
  function made(row) {
    const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    const entry = /** @type {HTMLElement} */ (copy.querySelector(".flash-entry"));
    const words = said(row);
    for (const [name, text] of Object.entries(words)) {
      const place = entry.querySelector(`[data-part="${name}"]`);
      if (place) place.textContent = text;
    }
    paintMode(/** @type {HTMLElement} */ (entry.querySelector("[data-part=mode]")), row.mode);
    const open = /** @type {HTMLElement} */ (entry.querySelector("[data-act=open]"));
    /** Who may not acknowledge has none. @type {HTMLButtonElement | null} */
    const accept = entry.querySelector("[data-act=acknowledge]");
    open.setAttribute("href", (document.documentElement.dataset["root"] ?? "") + pathOf(row));
    open.addEventListener("click", (event) => {
      if (!hearing.open) return;
      event.preventDefault();
      hearing.open(row);
    });
    accept?.addEventListener("click", () => void give(row, accept));
    entries.set(row.seq, entry);
    return entry;
  }

  /** @param {Row} row @param {HTMLButtonElement} [button] */
  async function give(row, button) {
    if (!row.message_id) return;
    if (button) button.disabled = true;
    refusal.textContent = "";
    try {
      await acknowledge(row.message_id, row.originator);
      await refresh();
    } catch (error) {
      const problem = error instanceof AskRefused ? error.problem : {};
      refusal.textContent = problem.detail || problem.title || t("traffic.live.not_done");
      if (button) {
        button.disabled = false;
        button.focus();
      }
    }
  }

  void refresh();
  return {
    /** Something was told that may have changed what awaits: asked at once, but not for each of many. */
    stir() {
      clearTimeout(timer);
      timer = setTimeout(() => void refresh(), 80);
    },
    give,
    /** @returns {readonly Row[]} */
    get waiting() {
      return waiting;
    },
  };
}
