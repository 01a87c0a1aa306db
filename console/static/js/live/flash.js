// What every room but the list says of traffic: the state of the stream, and FLASH that awaits this nation.

import { onPill, setStreamState } from "../frame/pill.js";
import { root } from "../frame/root.js";
import { chime, startChime } from "../traffic/chime.js";
import { openFlashBar } from "../traffic/flash_bar.js";
import { onBatch } from "./on_traffic.js";

const bar = document.getElementById("flash");
const said = document.getElementById("flash-said");

if (bar !== null && said !== null) {
  const flash = openFlashBar(bar, said, { arrived: chime });
  onBatch({
    news(batch) {
      if (batch === null || batch.rows.some((row) => row.precedence === "FLASH" && row.direction === "in")) flash.stir();
    },
    state: (state) => setStreamState(/** @type {import("../frame/pill.js").StreamState} */ (state.toLowerCase())),
  });
  onPill(() => location.assign(`${root}/`));
  startChime();
}
