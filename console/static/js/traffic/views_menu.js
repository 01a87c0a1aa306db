// Saved views: words of the filter under a name, kept for this operator by the gateway.

import { t } from "../frame/wording.js";
import { AskRefused, removeView, saveView, views as askViews } from "./api.js";
import { openMenu } from "./menus.js";

/** @typedef {import("./api.js").View} View */

/**
 * @param {HTMLElement} holder
 * @param {{query: () => string, use: (words: string) => void}} filter
 */
export function openViewsMenu(holder, filter) {
  const button = /** @type {HTMLButtonElement} */ (holder.querySelector("button[aria-expanded]"));
  const panel = /** @type {HTMLElement} */ (holder.querySelector(".traffic-menu"));
  const list = /** @type {HTMLElement} */ (panel.querySelector("ul"));
  const form = /** @type {HTMLFormElement} */ (panel.querySelector("form"));
  const name = /** @type {HTMLInputElement} */ (form.querySelector("input"));
  const message = /** @type {HTMLElement} */ (panel.querySelector(".menu-message"));
  const menu = openMenu(button, panel, () => void read());

  /** @param {unknown} error */
  function refuse(error) {
    const problem = error instanceof AskRefused ? error.problem : {};
    message.textContent = problem.detail || problem.title || t("traffic.live.not_done");
  }

  async function read() {
    message.textContent = "";
    try {
      show((await askViews()).items);
    } catch (error) {
      refuse(error);
    }
  }

  /** @param {View[]} found */
  function show(found) {
    const at = [...list.querySelectorAll("button")].findIndex((each) => each === document.activeElement);
    list.replaceChildren(...found.map(entry));
    // What is drawn anew under the keyboard keeps it.
    if (at >= 0) (list.querySelectorAll("button")[at] ?? name).focus();
    if (found.length === 0) message.textContent = t("traffic.live.no_views");
  }

  /** @param {View} view */
  function entry(view) {
    const item = document.createElement("li");
    const use = document.createElement("button");
    use.type = "button";
    use.className = "menu-item";
    const label = document.createElement("bdi");
    label.textContent = view.name;
    const words = document.createElement("bdi");
    words.className = "m quiet";
    words.dir = "ltr";
    words.textContent = view.query;
    use.append(label, words);
    use.addEventListener("click", () => {
      menu.close();
      button.focus();
      filter.use(view.query);
    });
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "menu-remove";
    remove.textContent = "×";
    remove.setAttribute("aria-label", t("traffic.live.remove_view", { name: view.name }));
    remove.addEventListener("click", async () => {
      try {
        await removeView(view.name);
        await read();
        name.focus();
      } catch (error) {
        refuse(error);
      }
    });
    item.append(use, remove);
    return item;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wanted = name.value.trim();
    if (!wanted) return;
    try {
      await saveView(wanted, filter.query());
      name.value = "";
      await read();
    } catch (error) {
      refuse(error);
    }
  });
}
