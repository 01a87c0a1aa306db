/** Fields for times outside the message form: importing this is enough, also for forms that are unfolded later. */

import { startMoments } from "./moments.js";

startMoments(document);
document.addEventListener("toggle", ({ target }) => target instanceof Element && startMoments(target), { capture: true });
