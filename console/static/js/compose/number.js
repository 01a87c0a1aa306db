// A form that was handed in keeps its number, whichever way one comes back to it: it becomes one message.

/**
 * Going back to a form, or loading it anew, gives a page with another number and perhaps the old text in it.
 * @param {HTMLFormElement} form
 * @returns {string} the number that the page came with
 */
export function keepNumber(form) {
  const field = form.querySelector('[name="composition"]');
  if (!(field instanceof HTMLInputElement)) return "";
  const given = field.value;
  const before = history.state?.composition;
  if (typeof before === "string") field.value = before;
  form.addEventListener("submit", (event) => {
    if (!(event.submitter instanceof HTMLButtonElement) || event.submitter.value !== "send") return;
    history.replaceState({ ...history.state, composition: field.value }, "");
  });
  return given;
}
