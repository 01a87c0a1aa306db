// Which kinds have a draft in this browser.

import { element } from "../frame/elements.js";
import { t } from "../frame/wording.js";
import { nameOf, names, read } from "./drafts.js";
import { group } from "./moment_text.js";

const there = names();
for (const link of document.querySelectorAll("a[data-kind]")) {
  if (!(link instanceof HTMLElement)) continue;
  const name = nameOf(link.dataset.operator ?? "", link.dataset.kind ?? "", "", "");
  const kept = there.includes(name) ? read(name) : null;
  if (kept === null) continue;
  link.append(element("span", { class: "kind-draft" }, t("compose.live.draft_found", { time: group(new Date(kept.at)) })));
}
