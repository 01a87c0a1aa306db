/** Acts from the drawer: sent without leaving the page, refused in place. On its own page a form is a form. */

import { FragmentRefused, imported, loadFragment } from "../frame/fragment.js";

/** Listen for the whole document: a drawer's content comes and goes. */
export function startActing() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.matches(".message-drawer [data-act-form]")) return;
    event.preventDefault();
    if (form.getAttribute("aria-busy") !== "true") void send(form);
  }, { capture: true });
  document.addEventListener("toggle", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLDetailsElement) || !form.matches(".act-form[open]")) return;
    form.querySelector(".act-panel")?.scrollIntoView({ block: "nearest" });
  }, { capture: true });
  // Escape closes the form first; what it stands above is closed by the next one.
  document.addEventListener("keydown", (event) => {
    const open = document.querySelector("details.act-form[open]");
    if (event.key !== "Escape" || event.defaultPrevented || !(open instanceof HTMLDetailsElement)) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    open.open = false;
    open.querySelector("summary")?.focus();
  }, { capture: true });
}

/** @param {HTMLFormElement} form */
async function send(form) {
  const article = form.closest("[data-message]");
  const button = form.querySelector("button[data-pending]");
  if (!article) return;
  form.setAttribute("aria-busy", "true");
  button?.setAttribute("aria-disabled", "true");
  /** @type {[string, string][]} */
  const fields = [...new FormData(form)].flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : []));
  try {
    const answer = await loadFragment(form.getAttribute("action") ?? "", { method: "POST", form: new URLSearchParams(fields) });
    show(article, answer);
  } catch (error) {
    const page = error instanceof FragmentRefused ? error.page : null;
    if (page?.querySelector("[data-message]")) {
      show(article, imported(page));
      return;
    }
    // Signed out, or the password is wanted again: the whole page can ask. The form's own number makes it one act.
    form.submit();
  }
}

/** @param {Element} article @param {DocumentFragment} answer */
function show(article, answer) {
  const made = answer.querySelector("[data-message]");
  if (!made) return;
  article.replaceWith(made);
  const said = made.querySelector("[data-focus], .message-done");
  if (said instanceof HTMLElement) {
    said.tabIndex = -1;
    said.focus();
  }
}
