/** Take a one-time link's secret out of the address, so that no history keeps it, and put it into the form. */

const field = document.querySelector("#f-link");
const secret = location.hash.slice(1);

if (field instanceof HTMLInputElement && secret) {
  field.value = secret;
  history.replaceState(null, "", location.pathname);
  const place = field.closest("[data-link-field]");
  if (place instanceof HTMLElement) place.hidden = true;
  const button = document.querySelector("main button");
  if (button instanceof HTMLElement) button.focus();
}
