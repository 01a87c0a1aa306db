/** Forms: no second press while the first is under way; the refusal of a form gets the focus. */

/** Longer than the console waits for its gateway. */
const STOPPED_AFTER = 16000;

/** Enhance the page's forms. */
export function startForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent === "true") {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "true";
    event.submitter?.setAttribute("aria-busy", "true");
    // Who stopped the page from loading is still here, and may press again.
    setTimeout(pressable, STOPPED_AFTER);
  });
  window.addEventListener("pageshow", pressable);
  for (const select of document.querySelectorAll("select[data-submit-on-change]")) {
    select.addEventListener("change", () => {
      if (select instanceof HTMLSelectElement) select.form?.requestSubmit();
    });
  }
  const wrong = document.querySelector("[data-focus]");
  if (wrong instanceof HTMLElement) wrong.focus();
}

/** Every form may be sent again. */
function pressable() {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    if (form instanceof HTMLFormElement) delete form.dataset.sent;
  }
  for (const button of document.querySelectorAll("button[aria-busy]")) button.removeAttribute("aria-busy");
}
