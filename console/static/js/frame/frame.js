/** What every page does. */

import { startActivity } from "./activity.js";
import { startClock } from "./clock.js";
import { startForms } from "./forms.js";
import { startHelp } from "./help.js";
import { startKeyboard } from "./keyboard.js";
import { startSound } from "./sound.js";
import { startStrip } from "./strip.js";
import { dismissOld } from "./toast.js";

startForms();
startClock();
startStrip();
startKeyboard();
startHelp();
startSound();
startActivity();
dismissOld();
document.documentElement.dataset.ready = "true";
