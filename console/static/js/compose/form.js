// The form of a draft, made quicker to fill in: everything here also works without, by a round trip to the server.

import { startAreas } from "./area_map.js";
import { startConditions } from "./conditions.js";
import { startDraft } from "./draft_note.js";
import { startFaults } from "./faults.js";
import { startMoments } from "./moments.js";
import { keepNumber } from "./number.js";
import { startPickers } from "./picker.js";
import { startPreview } from "./preview.js";
import { startRows } from "./rows.js";
import { startVersions } from "./versions.js";

const form = document.getElementById("compose");
if (form instanceof HTMLFormElement) {
  /** @param {ParentNode} place what came to the page */
  const enhance = (place) => {
    startPickers(place);
    startMoments(place);
    startAreas(place, form);
    startVersions(form);
    startConditions(form);
  };
  const number = keepNumber(form);
  enhance(form);
  startFaults(form);
  startRows(form, enhance);
  startPreview(form);
  void startDraft(form, number);
}
