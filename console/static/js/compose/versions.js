// A message and its tear lines as tabs, once there is more than one version.

import { element } from "../frame/elements.js";
import { t } from "../frame/wording.js";

/** @param {HTMLFormElement} form */
export function startVersions(form) {
  const holder = form.querySelector("[data-versions]");
  if (holder === null) return;
  const versions = [...holder.querySelectorAll("[data-version]")].filter((each) => each instanceof HTMLElement);
  const before = holder.querySelector('[role="tab"][aria-selected="true"]')?.getAttribute("aria-controls");
  holder.querySelector('[role="tablist"]')?.remove();
  if (versions.length < 2) return;
  const tabs = element("div", { role: "tablist", class: "version-tabs" });
  for (const version of versions) tabs.append(tabOf(version));
  holder.prepend(tabs);
  tabs.addEventListener("keydown", turn);
  const wrong = versions.find((version) => version.dataset.faulty === "yes");
  const wanted = versions.find((version) => version.id === before) ?? wrong ?? versions[0];
  if (wanted !== undefined) showVersion(wanted);
}

/** @param {HTMLElement} version @returns {HTMLElement} */
function tabOf(version) {
  const name = version.querySelector(".version-head h2")?.textContent ?? "";
  const tab = element("button", { type: "button", role: "tab", "aria-controls": version.id, id: `${version.id}-tab` }, name);
  if (version.dataset.faulty === "yes") tab.append(element("span", { class: "tab-wrong" }, ` ${t("compose.live.version_faulty")}`));
  version.setAttribute("role", "tabpanel");
  version.setAttribute("aria-labelledby", tab.id);
  tab.addEventListener("click", () => showVersion(version));
  return tab;
}

/** @param {KeyboardEvent} event */
function turn(event) {
  const tabs = event.currentTarget instanceof HTMLElement ? [...event.currentTarget.querySelectorAll("button")] : [];
  const at = tabs.findIndex((tab) => tab === document.activeElement);
  const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  const steps = { [forward]: 1, [forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft"]: -1 };
  const step = steps[event.key];
  if (step === undefined || at < 0) return;
  event.preventDefault();
  const next = tabs[(at + step + tabs.length) % tabs.length];
  next?.click();
  next?.focus();
}

/** @param {HTMLElement} shown the version to show; the others are hidden where there are tabs */
export function showVersion(shown) {
  const holder = shown.closest("[data-versions]");
  for (const tab of holder?.querySelectorAll('[role="tab"]') ?? []) {
    const selected = tab.getAttribute("aria-controls") === shown.id;
    tab.setAttribute("aria-selected", String(selected));
    tab.setAttribute("tabindex", selected ? "0" : "-1");
    const version = document.getElementById(tab.getAttribute("aria-controls") ?? "");
    if (version !== null) version.hidden = !selected;
  }
}
