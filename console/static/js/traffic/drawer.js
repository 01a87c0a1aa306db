// The message beside the list: opening, closing, where the focus goes, and the address that says what is open.

import { element } from "../frame/elements.js";
import { FragmentRefused, imported, loadFragment } from "../frame/fragment.js";
import { t } from "../frame/wording.js";

/**
 * @typedef {object} DrawerHearing
 * @property {() => void} opened
 * @property {() => void} closed the list takes the focus back
 */

const OPEN = /^(in|out)\/[0-9A-Za-z-]{1,64}$/;

/** What an address says is open, e.g. `in/019b…`. @param {string} search */
export function openIn(search) {
  const open = new URLSearchParams(search).get("open") ?? "";
  return OPEN.test(open) ? open : null;
}

/**
 * @param {HTMLElement} drawer
 * @param {DrawerHearing} hearing
 */
export function openDrawer(drawer, hearing) {
  const content = /** @type {HTMLElement} */ (drawer.querySelector(".drawer-content"));
  /** @type {string | null} */
  let shown = null;
  let turn = 0;

  /** @param {string | null} open */
  function remember(open) {
    const params = new URLSearchParams(location.search);
    if (open === null) params.delete("open");
    else params.set("open", open);
    const text = params.toString().replaceAll("%2F", "/");
    history.replaceState(history.state, "", location.pathname + (text ? `?${text}` : ""));
  }

  /** @param {string} name @param {string} words */
  function state(name, words) {
    const line = document.createElement("p");
    line.className = `drawer-state ${name}`;
    line.textContent = words;
    content.replaceChildren(line);
  }

  /** What the list knows already, and lines in the making. @param {string} subject */
  function coming(subject) {
    const loading = element("div", { class: "loading", role: "status" }, element("span", { class: "unseen" }, t("traffic.live.drawer_loading")));
    for (let line = 0; line < 8; line += 1) loading.append(element("div", { class: "stripe", "aria-hidden": "true" }));
    content.replaceChildren(element("div", { class: "drawer-coming" }, element("h2", {}, element("bdi", {}, subject)), loading));
  }

  /**
   * @param {string} open `in/…` or `out/…`
   * @param {{focus: boolean, subject?: string}} how the subject stands there before the rest has come
   */
  async function show(open, how) {
    const own = (turn += 1);
    const before = shown;
    shown = open;
    drawer.hidden = false;
    document.body.classList.add("with-drawer");
    if (before !== open) coming(how.subject ?? "");
    remember(open);
    hearing.opened();
    if (how.focus) drawer.focus({ preventScroll: true });
    try {
      const part = await loadFragment(`/messages/${open}/fragment`);
      if (own !== turn) return;
      content.replaceChildren(part);
      content.scrollTop = 0;
    } catch (error) {
      if (own !== turn) return;
      // The server's own word on it, where it gave one: not permitted, not there, signed out.
      if (error instanceof FragmentRefused && error.page) content.replaceChildren(imported(error.page));
      else state("failed", t("traffic.live.drawer_failed"));
    }
  }

  function close() {
    if (shown === null) return;
    turn += 1;
    shown = null;
    const within = drawer.contains(document.activeElement);
    drawer.hidden = true;
    document.body.classList.remove("with-drawer");
    content.replaceChildren();
    remember(null);
    if (within || document.activeElement === document.body) hearing.closed();
  }

  drawer.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-close-drawer]")) {
      event.preventDefault();
      close();
    }
  });

  return {
    show,
    close,
    get shown() {
      return shown;
    },
    /** Reads again what is shown: something became of it. */
    refresh() {
      if (shown !== null && !drawer.contains(document.activeElement)) void show(shown, { focus: false });
    },
    /** @param {string} selector presses a button of what is shown, e.g. for a key */
    press(selector) {
      const button = content.querySelector(selector);
      if (button instanceof HTMLElement) button.click();
      return button !== null;
    },
  };
}
