// The search box: words to the address and back, refusals under the box, the last good filter stays.

import { oneLine as visible } from "../frame/visible.js";
import { t } from "../frame/wording.js";
import { filterOf, queryOf, searchOf, toggled, withSpan } from "./query.js";

/** @typedef {import("./query.js").Filter} Filter */
/** @typedef {import("./row.js").Precedence} Precedence */
/** @typedef {import("./api.js").AskRefused} AskRefused */

/** After so long without a key the words are tried. */
const PAUSE = 350;

/**
 * @param {HTMLElement} bar
 * @param {(filter: Filter) => Promise<boolean>} apply whether the server understood it
 */
export function openFilterBox(bar, apply) {
  const box = /** @type {HTMLInputElement} */ (bar.querySelector("#traffic-search"));
  const clear = /** @type {HTMLButtonElement} */ (bar.querySelector("#traffic-search-clear"));
  const refusal = /** @type {HTMLElement} */ (document.querySelector("#traffic-search-refusal"));
  const toggles = /** @type {NodeListOf<HTMLButtonElement>} */ (bar.querySelectorAll("button[data-precedence]"));
  let filter = filterOf(location.search);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function show() {
    if (box.value.trim() !== filter.words) box.value = filter.words;
    showToggles();
  }

  function showToggles() {
    clear.hidden = box.value === "";
    for (const toggle of toggles) {
      const on = filter.precedences.includes(/** @type {Precedence} */ (toggle.dataset["precedence"]));
      toggle.setAttribute("aria-pressed", String(on));
    }
  }

  /**
   * @param {Filter} next
   * @param {"push" | "none"} history what happens to the address when it is understood
   */
  async function use(next, history) {
    clearTimeout(timer);
    if (!(await apply(next))) return;
    filter = next;
    refusal.replaceChildren();
    box.removeAttribute("aria-invalid");
    showToggles();
    const search = searchOf(filter, location.search);
    if (history === "push" && search !== location.search) window.history.pushState(null, "", location.pathname + search);
  }

  box.addEventListener("input", () => {
    clear.hidden = box.value === "";
    clearTimeout(timer);
    timer = setTimeout(() => void use({ ...filter, words: box.value.trim() }, "push"), PAUSE);
  });
  box.form?.addEventListener("submit", (event) => {
    event.preventDefault();
    void use({ ...filter, words: box.value.trim() }, "push");
  });
  clear.addEventListener("click", () => {
    box.value = "";
    box.focus();
    void use({ ...filter, words: "" }, "push");
  });
  for (const toggle of toggles) {
    toggle.addEventListener("click", () => flip(/** @type {Precedence} */ (toggle.dataset["precedence"])));
  }
  window.addEventListener("popstate", () => {
    const asked = filterOf(location.search);
    if (asked.words === filter.words && asked.precedences.join() === filter.precedences.join()) return;
    box.value = asked.words;
    void use(asked, "none");
  });

  /** @param {Precedence} precedence */
  function flip(precedence) {
    void use(toggled({ ...filter, words: box.value.trim() }, precedence), "push");
  }

  show();
  return {
    get filter() {
      return filter;
    },
    flip,
    focus() {
      box.focus();
      box.select();
    },
    /** @param {string} words e.g. of a saved view */
    useWords(words) {
      box.value = words;
      void use({ words: words.trim(), precedences: [] }, "push");
    },
    /** @param {string | null} after @param {string | null} before */
    span(after, before) {
      box.value = withSpan(box.value.trim(), after, before);
      void use({ ...filter, words: box.value }, "push");
    },
    clear() {
      box.value = "";
      void use({ words: "", precedences: [] }, "push");
    },
    /**
     * Says under the box what the server did not understand.
     * @param {AskRefused} error
     * @param {boolean} holds whether an earlier filter still holds
     */
    explain(error, holds) {
      box.setAttribute("aria-invalid", "true");
      const { at = 0, length = 0, understood = [] } = error.problem.search ?? {};
      // The same words as the server read: it counts characters, not halves of pairs.
      const term = [...queryOf({ ...filter, words: box.value.trim() })].slice(at, at + length).join("");
      const line = document.createElement("p");
      if (term) {
        const quoted = document.createElement("bdi");
        quoted.className = "m";
        quoted.dir = "ltr";
        quoted.textContent = visible(term);
        line.append(quoted, " ");
      }
      const why = document.createElement("bdi");
      why.textContent = error.problem.detail || t("traffic.live.not_understood");
      line.append(why);
      if (understood.length > 0) {
        const known = document.createElement("bdi");
        known.className = "m quiet";
        known.dir = "ltr";
        known.textContent = understood.join(" ");
        line.append(" ", known);
      }
      const stays = document.createElement("p");
      stays.className = "quiet";
      stays.textContent = holds ? t("traffic.live.last_filter_stays") : "";
      refusal.replaceChildren(line, stays);
    },
  };
}
