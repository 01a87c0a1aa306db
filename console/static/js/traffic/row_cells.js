// The cells of one row in the document: made once, then only what differs is written.

import { icon } from "../frame/elements.js";
import { oneLine as visible } from "../frame/visible.js";
import { t } from "../frame/wording.js";
import { PROSIGN, SHAPE, idOf, shortDtg, standingOf, ticksOf } from "./row_words.js";

/** @typedef {import("./row.js").Row} Row */

/** The columns, in order; the style sheet gives their widths. */
export const COLUMNS = ["prec", "dtg", "from", "action", "type", "subject", "label", "sig", "ack", "seq"];

/**
 * @typedef {object} RowElement
 * @property {HTMLElement} element
 * @property {Record<string, HTMLElement>} parts
 * @property {Row | null} row what is painted
 */

/**
 * @param {string} tag
 * @param {string} name
 * @param {HTMLElement} parent
 */
function part(tag, name, parent) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  parent.append(made);
  return made;
}

/** @returns {RowElement} */
export function makeRow() {
  const element = document.createElement("div");
  element.className = "row";
  element.setAttribute("role", "row");
  element.tabIndex = -1;
  /** @type {Record<string, HTMLElement>} */
  const parts = {};
  for (const column of COLUMNS) {
    const cell = part("div", `cell c-${column}`, element);
    cell.setAttribute("role", "gridcell");
    parts[column] = cell;
  }
  const within = (/** @type {string} */ column) => /** @type {HTMLElement} */ (parts[column]);
  parts["shape"] = part("span", "shape", within("prec"));
  parts["shape"].setAttribute("aria-hidden", "true");
  parts["word"] = part("span", "word", within("prec"));
  parts["prosign"] = part("span", "prosign", within("prec"));
  parts["prosign"].setAttribute("aria-hidden", "true");
  for (const column of ["dtg", "from", "action", "seq"]) {
    parts[`${column}Text`] = part("bdi", "m", within(column));
    /** @type {HTMLElement} */ (parts[`${column}Text`]).dir = "ltr";
  }
  parts["day"] = part("span", "day", /** @type {HTMLElement} */ (parts["dtgText"]));
  parts["clock"] = part("span", "", /** @type {HTMLElement} */ (parts["dtgText"]));
  parts["mode"] = part("bdi", "mode", within("subject"));
  parts["mode"].dir = "ltr";
  parts["standing"] = part("span", "standing", within("subject"));
  parts["subjectText"] = part("bdi", "subject", within("subject"));
  parts["tag"] = part("span", "label", within("label"));
  parts["rel"] = part("bdi", "m rel", within("label"));
  parts["rel"].dir = "ltr";
  parts["relCount"] = part("bdi", "m rel-count", within("label"));
  parts["relCount"].dir = "ltr";
  parts["count"] = part("bdi", "m count", within("ack"));
  parts["count"].dir = "ltr";
  parts["ticks"] = part("span", "ticks", within("ack"));
  parts["ticks"].setAttribute("aria-hidden", "true");
  return { element, parts, row: null };
}

/** @param {HTMLElement | undefined} element @param {string} text */
function say(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/**
 * @param {RowElement} made
 * @param {Row} row
 */
export function paintRow(made, row) {
  if (made.row === row) return;
  const { element, parts } = made;
  made.row = row;
  element.dataset["seq"] = String(row.seq);
  element.dataset["prec"] = row.precedence;
  element.dataset["mode"] = row.mode;
  paintMode(/** @type {HTMLElement} */ (parts["mode"]), row.mode);
  element.dataset["direction"] = row.direction;
  const standing = standingOf(row);
  element.classList.toggle("past", standing !== null);
  say(parts["shape"], SHAPE[row.precedence] ?? "○");
  say(parts["word"], row.precedence);
  say(parts["prosign"], PROSIGN[row.precedence] ?? "?");
  const dtg = shortDtg(row.at);
  say(parts["day"], `${dtg.slice(0, 2)} `);
  say(parts["clock"], dtg.slice(3));
  say(parts["fromText"], visible(row.originator));
  say(parts["actionText"], row.action.map(visible).join(" "));
  say(parts["type"], kindWord(row.kind));
  say(parts["standing"], standing === null ? "" : t(`traffic.live.standing.${standing.toLowerCase()}`));
  const hidden = row.subject === undefined || row.subject === null;
  const words = standing === "RECALLED" ? t("traffic.live.content_gone") : t("traffic.live.content_not_shown");
  say(parts["subjectText"], hidden ? words : visible(/** @type {string} */ (row.subject)));
  parts["subjectText"]?.classList.toggle("unsaid", hidden);
  parts["subjectText"]?.setAttribute("title", hidden ? "" : visible(/** @type {string} */ (row.subject)));
  paintLabel(parts, row);
  paintSignature(/** @type {HTMLElement} */ (parts["sig"]), row);
  paintAcknowledgement(parts, row);
  say(parts["seqText"], String(row.seq));
  element.dataset["id"] = idOf(row);
}

/** The kind's short name; that of a kind which has none here is its own. @param {string} kind */
function kindWord(kind) {
  const key = `traffic.live.kind.${kind}`;
  const known = t(key);
  return known === key || known === `[${key}]` ? visible(kind.replaceAll("_", " ")) : known;
}

/** What is no operation says so. @param {HTMLElement} tag @param {string} mode */
export function paintMode(tag, mode) {
  tag.hidden = mode === "OPERATION";
  tag.dataset["mode"] = mode;
  say(tag, mode);
}

/** @param {Record<string, HTMLElement>} parts @param {Row} row */
function paintLabel(parts, row) {
  const tag = /** @type {HTMLElement} */ (parts["tag"]);
  say(tag, visible(row.classification));
  tag.dataset["level"] = String(Math.max(0, Math.min(3, row.level)));
  tag.dataset["policy"] = row.policy;
  tag.dataset["classification"] = row.classification;
  tag.classList.toggle("long", row.classification.length > 20);
  const names = row.releasable.map(visible);
  // Names where there is room for all of them, else how many: never a part of them.
  say(parts["rel"], names.length <= 4 ? names.join(" ") : "");
  say(parts["relCount"], `REL ${names.length}`);
  /** @type {HTMLElement} */ (parts["label"]).dataset["names"] = names.join(" ").length <= 7 ? "few" : names.length <= 4 ? "some" : "many";
  /** @type {HTMLElement} */ (parts["relCount"]).title = names.join(", ");
  tag.title = visible(row.marking ?? row.classification);
  /** @type {HTMLElement} */ (parts["rel"]).title = names.join(", ");
}

/** @param {HTMLElement} cell @param {Row} row */
function paintSignature(cell, row) {
  const standing = row.direction === "out" ? "own" : row.key_standing === "REVOKED_SINCE" ? "revoked" : "good";
  if (cell.dataset["standing"] === standing) return;
  cell.dataset["standing"] = standing;
  const words = t(`traffic.live.signature.${standing}`);
  cell.setAttribute("aria-label", words);
  cell.title = words;
  const name = { own: "send", revoked: "shield-x", good: "shield-check" }[standing];
  cell.replaceChildren(icon(/** @type {string} */ (name)));
}

/** @param {Record<string, HTMLElement>} parts @param {Row} row */
function paintAcknowledgement(parts, row) {
  const cell = /** @type {HTMLElement} */ (parts["ack"]);
  const ticks = ticksOf(row);
  const held = /** @type {HTMLElement} */ (parts["ticks"]);
  let words = "";
  if (ticks) {
    say(parts["count"], `${ticks.acknowledged}/${ticks.of}`);
    const marks = ticks.marks.slice(0, 12);
    while (held.childElementCount > marks.length) held.lastElementChild?.remove();
    while (held.childElementCount < marks.length) part("i", "", held);
    marks.forEach((mark, index) => {
      const tick = /** @type {HTMLElement} */ (held.children[index]);
      const look = `tick ${mark.tick}${mark.overdue ? " overdue" : ""}`;
      if (tick.className !== look) tick.className = look;
    });
    words = ticks.marks.map((mark) => `${mark.nation}: ${t(`traffic.live.tick.${mark.tick}`)}`).join(", ");
  } else {
    held.replaceChildren();
    const answered = row.request_state === "ANSWERED" || row.request_state === "DECLINED" ? row.request_state : null;
    const state = answered?.toLowerCase() ?? (row.awaiting_ours ? "due" : (row.own_receipt ?? "").toLowerCase());
    words = state === "" || state === "read" ? "" : t(`traffic.live.ours.${state}`);
    say(parts["count"], words);
    cell.dataset["ours"] = state;
  }
  cell.classList.toggle("own", ticks !== null);
  cell.title = words;
  if (ticks) cell.setAttribute("aria-label", `${ticks.acknowledged}/${ticks.of}. ${words}`);
  else cell.removeAttribute("aria-label");
}
