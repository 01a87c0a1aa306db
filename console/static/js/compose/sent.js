// It was accepted: its draft ends.

import { forgetSent } from "./drafts.js";

const sent = document.querySelector("[data-sent]");
if (sent instanceof HTMLElement && sent.dataset.sent) forgetSent(sent.dataset.sent);
