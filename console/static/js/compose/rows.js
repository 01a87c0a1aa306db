// Rows of lists, versions and variants without leaving the page: the server writes the form anew, the part that
// changed is taken over.

import { loadFragment } from "../frame/fragment.js";
import { toast } from "../frame/toast.js";
import { t } from "../frame/wording.js";
import { entriesOf, quoted } from "./entries.js";
import { showVersion } from "./versions.js";

const ACTS = ["add:", "remove:", "choose:", "suggested"];

/** @type {((form: HTMLFormElement, act: string) => Promise<void>) | null} */
let acting = null;

/** @param {HTMLFormElement} form @param {(place: ParentNode) => void} enhance */
export function startRows(form, enhance) {
  acting = (asked, act) => take(asked, act, enhance);
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement) || !ACTS.some((act) => button.value.startsWith(act))) return;
    event.preventDefault();
    void take(form, button.value, enhance);
  });
  form.addEventListener("change", (event) => {
    const select = event.target;
    if (!(select instanceof HTMLSelectElement) || select.dataset.variant === undefined) return;
    void take(form, `choose:${select.name.replace("#variant", "")}`, enhance);
  });
}

/** @param {HTMLFormElement} form @param {string} pointer the list that gets one more row */
export async function addRow(form, pointer) {
  await acting?.(form, `add:${pointer}`);
}

/** @param {HTMLFormElement} form @param {string} act @param {(place: ParentNode) => void} enhance */
async function take(form, act, enhance) {
  let came;
  try {
    const path = new URL(form.action).pathname;
    came = await loadFragment(path, { method: "POST", form: entriesOf(form, { do: act }) });
  } catch {
    toast(t("compose.live.look_failed"), "refused");
    return;
  }
  const [verb, pointer] = [act.slice(0, act.indexOf(":")), act.slice(act.indexOf(":") + 1)];
  const list = verb === "remove" ? pointer.slice(0, pointer.lastIndexOf("/")) : pointer;
  const place = swap(form, came, `[data-list=${quoted(list)}]`) ?? swap(form, came, ".compose-form");
  if (place === null) return;
  enhance(place);
  form.dispatchEvent(new Event("input", { bubbles: true }));
  const versions = place.querySelectorAll("[data-version]");
  const last = versions[versions.length - 1];
  if (verb === "add" && last instanceof HTMLElement) showVersion(last);
  const next = verb === "add" ? firstOfLast(last ?? place) : place.querySelector('button[value^="add:"]');
  if (next instanceof HTMLElement) next.focus();
  if (verb !== "choose") toast(t(verb === "remove" ? "compose.live.row_removed" : "compose.live.row_added"), "note");
}

/** @param {HTMLFormElement} form @param {DocumentFragment} came @param {string} selector @returns {Element | null} */
function swap(form, came, selector) {
  const [old, made] = [form.querySelector(selector), came.querySelector(selector)];
  if (old === null || made === null) return null;
  old.replaceWith(made);
  return made;
}

/** @param {Element} place @returns {Element | null} where the new row is begun */
function firstOfLast(place) {
  const rows = [...place.querySelectorAll(":scope > [data-row]")];
  const fields = "input:not([type=hidden]), select, textarea";
  return (rows[rows.length - 1] ?? place).querySelector(fields);
}
