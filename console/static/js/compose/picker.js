// Choosing nations and communities by code or name: a combobox with the chosen ones as chips before it.
// What is sent is the text that the page works with anyway: codes with spaces between them.

import { element } from "../frame/elements.js";
import { t } from "../frame/wording.js";
import { matches, offersOf } from "./offers.js";

/** @typedef {import("./offers.js").Offer} Offer */

/** @param {ParentNode} place */
export function startPickers(place) {
  for (const input of place.querySelectorAll("input[data-picker]")) {
    if (input instanceof HTMLInputElement) pick(input);
  }
}

/** @param {HTMLInputElement} sent what is sent; it goes on to be, out of sight */
function pick(sent) {
  const offers = offersOf(sent.dataset.picker ?? "");
  const typed = document.createElement("input");
  for (const name of ["aria-describedby", "aria-invalid", "aria-required"]) {
    const value = sent.getAttribute(name);
    if (value !== null) typed.setAttribute(name, value);
  }
  const list = element("ul", { role: "listbox", id: `${sent.id}_list`, class: "offers", hidden: true, "aria-label": labelOf(sent) });
  const attributes = { type: "text", id: sent.id, role: "combobox", class: "m", dir: "ltr", autocomplete: "off", spellcheck: "false", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id };
  for (const [name, value] of Object.entries(attributes)) typed.setAttribute(name, value);
  const chips = element("ul", { class: "chips" });
  const count = element("span", { class: "unseen", role: "status" });
  sent.removeAttribute("id");
  sent.removeAttribute("data-picker");
  sent.type = "hidden";
  sent.after(element("div", { class: "picker" }, chips, typed, list, count));
  let codes = sent.value.toUpperCase().split(/[\s,;]+/).filter(Boolean);
  let active = -1;
  /** @type {Offer[]} */
  let found = [];

  /** @param {string[]} next */
  function set(next) {
    codes = [...new Set(next)];
    sent.value = codes.join(" ");
    draw();
    sent.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function draw() {
    chips.replaceChildren(...codes.map((code) => {
      const known = offers.find((offer) => offer.code === code);
      const chip = element("button", { type: "button", class: `picked${known ? "" : " picked-unknown"}`, title: known?.name ?? "", "aria-label": t("compose.live.picker_remove", { name: known ? `${code} ${known.name}` : code }) }, element("bdi", { dir: "ltr" }, code), " ×");
      chip.addEventListener("click", () => {
        set(codes.filter((each) => each !== code));
        typed.focus();
      });
      return element("li", {}, chip);
    }));
    chips.hidden = codes.length === 0;
  }

  /** @param {boolean} shown */
  function offer(shown) {
    found = shown ? matches(offers, typed.value, codes) : [];
    active = found.length > 0 && typed.value.trim() !== "" ? 0 : -1;
    list.hidden = !shown || found.length === 0;
    typed.setAttribute("aria-expanded", String(!list.hidden));
    list.replaceChildren(...found.map((each, place) => {
      const what = each.members.length > 0 ? `${each.name} (${each.members.join(" ")})` : each.name;
      const option = element("li", { role: "option", id: `${list.id}_${place}` }, element("bdi", { dir: "ltr", class: "m" }, each.code), " ", element("bdi", { class: "offer-name" }, what));
      option.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        take(each.code);
      });
      return option;
    }));
    count.textContent = !shown || typed.value === "" ? "" : found.length === 0 ? t("compose.live.picker_none") : t("compose.live.picker_count", { n: found.length });
    mark();
  }

  function mark() {
    [...list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === active)));
    const option = list.children[active];
    if (option === undefined) typed.removeAttribute("aria-activedescendant");
    else typed.setAttribute("aria-activedescendant", option.id);
    option?.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} code */
  function take(code) {
    typed.value = "";
    set([...codes, code]);
    offer(false);
  }

  /** Takes over what is typed: nothing that stands on the page may fail to be sent. */
  function settle() {
    const words = typed.value.toUpperCase().split(/[\s,;]+/).filter(Boolean);
    typed.value = "";
    if (words.length > 0) set([...codes, ...words]);
    offer(false);
  }

  typed.addEventListener("focus", () => offer(true));
  typed.addEventListener("blur", settle);
  typed.addEventListener("input", () => {
    if (/[\s,;]$/.test(typed.value) && offers.some((each) => each.code === typed.value.trim().replace(/[,;]$/, "").toUpperCase())) settle();
    offer(true);
  });
  typed.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) offer(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      active = found.length === 0 ? -1 : (active + step + found.length) % found.length;
      mark();
    } else if (event.key === "Enter") {
      const chosen = found[active];
      if (chosen !== undefined && !list.hidden) take(chosen.code);
      else settle();
    } else if (event.key === "Escape" && !list.hidden) offer(false);
    else if (event.key === "Backspace" && typed.value === "" && codes.length > 0) set(codes.slice(0, -1));
    else return;
    event.preventDefault();
  });
  draw();
}

/** @param {HTMLInputElement} input @returns {string} */
function labelOf(input) {
  return input.labels?.[0]?.textContent?.replace("*", "").trim() ?? "";
}
