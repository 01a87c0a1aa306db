/** Tabs of a message: readable, JSON, audit trail. Without scripts they are links that load the page anew. */

/** @param {Element} tab @param {boolean} focus */
export function choose(tab, focus) {
  const list = tab.closest("[data-tabs]");
  const scope = tab.closest("[data-message]");
  if (!list || !scope) return;
  for (const each of list.querySelectorAll("[role=tab]")) {
    const chosen = each === tab;
    each.setAttribute("aria-selected", String(chosen));
    if (chosen) each.removeAttribute("tabindex");
    else each.setAttribute("tabindex", "-1");
    const panel = scope.querySelector(`#${CSS.escape(each.getAttribute("aria-controls") ?? "")}`);
    if (panel instanceof HTMLElement) panel.hidden = !chosen;
  }
  if (focus && tab instanceof HTMLElement) tab.focus();
}

/** Listen for the whole document: a drawer's content comes and goes. */
export function startTabs() {
  document.addEventListener("click", (event) => {
    const tab = event.target instanceof Element ? event.target.closest("[data-tabs] [role=tab]") : null;
    if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(tab, true);
  });
  document.addEventListener("keydown", (event) => {
    const tab = event.target instanceof Element ? event.target.closest("[data-tabs] [role=tab]") : null;
    if (!tab) return;
    const next = neighbour(tab, event.key);
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    choose(next, true);
  }, { capture: true });
}

/** @param {Element} tab @param {string} key @returns {Element | undefined} */
function neighbour(tab, key) {
  const tabs = [...(tab.closest("[data-tabs]")?.querySelectorAll("[role=tab]") ?? [])];
  const turned = document.documentElement.dir === "rtl" ? -1 : 1;
  const here = tabs.indexOf(tab);
  /** @type {Record<string, number>} */
  const places = { ArrowRight: here + turned, ArrowLeft: here - turned, Home: 0, End: tabs.length - 1 };
  if (key === " ") return tab;
  const place = places[key];
  return place === undefined ? undefined : tabs[(place + tabs.length) % tabs.length];
}
