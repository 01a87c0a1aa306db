/** When the session has ended under an open page: said once, with the way back. Nothing is thrown away. */

import { element } from "./elements.js";
import { root } from "./root.js";
import { t } from "./wording.js";

let said = false;

/** Show that the session has ended. */
export function reportSignedOut() {
  if (said) return;
  said = true;
  const here = location.pathname.slice(root.length) + location.search;
  const link = element("a", { class: "button", href: `${root}/sign-in?next=${encodeURIComponent(here || "/")}` }, t("frame.live.sign_in"));
  const bar = element("div", { class: "signed-out-bar", role: "alert" }, element("span", {}, t("frame.live.signed_out")), link);
  document.querySelector("main")?.prepend(bar);
}
