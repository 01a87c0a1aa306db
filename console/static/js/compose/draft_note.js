// Says that a draft is kept, offers the one that was, and keeps what is typed.

import { element } from "../frame/elements.js";
import { csrf } from "../frame/root.js";
import { t } from "../frame/wording.js";
import { canSeal, find, forget, keep, keyOf, nameOf, names } from "./drafts.js";
import { entriesOf } from "./entries.js";
import { group } from "./moment_text.js";

const PAUSE = 800;

/**
 * @param {HTMLFormElement} form
 * @param {string} number that the page came with: a draft of this very number stands in it already
 */
export async function startDraft(form, number) {
  const said = form.querySelector("[data-draft-state]");
  const { draftKey, operator = "", kind = "", relation = "", about = "" } = form.dataset;
  if (draftKey === undefined) return;
  if (!canSeal()) {
    if (said !== null) said.textContent = t("compose.live.draft_off");
    return;
  }
  const key = await keyOf(draftKey);
  const name = nameOf(operator, kind, relation, about);
  names();
  const composition = compositionOf(form);
  const kept = await find(key, name);
  if (kept !== null && kept.composition !== number) offer(form, name, kept);
  /** @type {number | undefined} */
  let waiting;
  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => void save(), PAUSE);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("submit", () => clearTimeout(waiting));

  async function save() {
    const entries = entriesOf(form);
    entries.delete("csrf");
    let at;
    try {
      at = await keep(key, name, composition, entries.toString());
    } catch {
      delete form.dataset.kept;
      if (said !== null) said.textContent = t("compose.live.draft_full");
      return;
    }
    form.querySelector("[data-draft-note]")?.setAttribute("hidden", "");
    form.dataset.kept = "yes";
    if (said !== null) said.textContent = t("compose.live.draft_kept", { time: group(new Date(at)) });
  }
}

/** @param {HTMLFormElement} form @param {string} name @param {{ at: number, text: string }} kept */
function offer(form, name, kept) {
  const note = form.querySelector("[data-draft-note]");
  if (!(note instanceof HTMLElement)) return;
  const go = element("button", { type: "button", class: "button button-small" }, t("compose.live.draft_restore"));
  const drop = element("button", { type: "button", class: "button button-small button-quiet" }, t("compose.live.draft_discard"));
  go.addEventListener("click", () => restore(form, kept.text));
  drop.addEventListener("click", () => {
    forget(name);
    note.hidden = true;
  });
  note.className = "note";
  note.replaceChildren(element("p", {}, t("compose.live.draft_found", { time: group(new Date(kept.at)) })), go, drop);
  note.hidden = false;
}

/** The server writes the form with what was typed: one way to fill it in. @param {HTMLFormElement} form @param {string} text */
function restore(form, text) {
  const sending = element("form", { method: "post", action: form.action, hidden: true });
  const entries = new URLSearchParams(text);
  entries.append("csrf", csrf());
  entries.append("do", "restore");
  for (const [name, value] of entries) {
    const field = document.createElement("textarea"); // unlike an input it keeps lines apart
    field.name = name;
    field.value = value;
    sending.append(field);
  }
  document.body.append(sending);
  if (sending instanceof HTMLFormElement) sending.submit();
}

/** @param {HTMLFormElement} form @returns {string} */
function compositionOf(form) {
  const field = form.querySelector('[name="composition"]');
  return field instanceof HTMLInputElement ? field.value : "";
}
