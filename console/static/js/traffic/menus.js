// Small menus that open below a button: saved views and export.

/**
 * A disclosure: the button says whether its panel is open; Escape and a click elsewhere close it.
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} panel
 * @param {() => void} [opened]
 */
export function openMenu(button, panel, opened) {
  /** @param {boolean} open */
  function set(open) {
    panel.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) opened?.();
  }
  button.addEventListener("click", () => {
    set(panel.hidden !== false);
    if (!panel.hidden) /** @type {HTMLElement | null} */ (panel.querySelector("button, a, input"))?.focus();
  });
  document.addEventListener("click", (event) => {
    if (event.target instanceof Node && !panel.contains(event.target) && !button.contains(event.target)) set(false);
  });
  for (const part of [panel, button]) {
    part.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || panel.hidden) return;
      event.preventDefault();
      event.stopPropagation();
      set(false);
      button.focus();
    });
  }
  panel.addEventListener("focusout", (event) => {
    if (event.relatedTarget instanceof Node && !panel.contains(event.relatedTarget) && event.relatedTarget !== button) set(false);
  });
  return { close: () => set(false) };
}
