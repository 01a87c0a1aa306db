// Export of what the filter shows: a download, noted in the audit log with the highest marking of its rows.

import { address } from "./api.js";
import { openMenu } from "./menus.js";

/** @param {HTMLElement} holder @param {() => string} query */
export function openExportMenu(holder, query) {
  const button = /** @type {HTMLButtonElement} */ (holder.querySelector("button[aria-expanded]"));
  const panel = /** @type {HTMLElement} */ (holder.querySelector(".traffic-menu"));
  const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (panel.querySelectorAll("a[data-format]"));
  const menu = openMenu(button, panel, () => {
    for (const link of links) link.href = address("/traffic/export", { q: query(), format: link.dataset["format"] ?? "csv" });
  });
  for (const link of links) {
    link.addEventListener("click", () => {
      menu.close();
      button.focus();
    });
  }
}
