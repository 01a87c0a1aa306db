// Fields that count only while another one says so are shown only then; hidden ones are not sent.

import { quoted } from "./entries.js";

/** Forms that are listened to already. @type {WeakSet<HTMLFormElement>} */
const listening = new WeakSet();

/** @param {HTMLFormElement} form */
export function startConditions(form) {
  judge(form);
  if (listening.has(form)) return;
  listening.add(form);
  form.addEventListener("change", () => judge(form));
}

/** @param {HTMLFormElement} form */
function judge(form) {
  for (const field of form.querySelectorAll("[data-only-with]")) {
    if (!(field instanceof HTMLElement)) continue;
    const values = (field.dataset.onlyValues ?? "").split("|");
    const shown = values.includes(said(form, field.dataset.onlyWith ?? ""));
    field.hidden = !shown;
    if (field instanceof HTMLFieldSetElement) field.disabled = !shown;
    for (const input of field.querySelectorAll("input, select, textarea")) {
      input.toggleAttribute("disabled", !shown);
    }
  }
}

/** @param {HTMLFormElement} form @param {string} name @returns {string} what the field of this name says */
function said(form, name) {
  for (const field of form.querySelectorAll(`[name=${quoted(name)}]`)) {
    if (field instanceof HTMLSelectElement) return field.value;
    if (field instanceof HTMLInputElement && field.checked) return field.value;
  }
  return "";
}
