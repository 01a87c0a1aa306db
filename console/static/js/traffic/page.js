// The traffic page: puts its parts together.

import "../message/page.js";
import { setStreamState, onPill } from "../frame/pill.js";
import { openFollowing } from "./following.js";
import { openAlarms } from "./alarms.js";
import { TrafficBuffer } from "./buffer.js";
import { startChime, chime } from "./chime.js";
import { openCoverBand } from "./cover_band.js";
import { openDrawer, openIn } from "./drawer.js";
import { openExportMenu } from "./export_menu.js";
import { openFilterBox } from "./filter_box.js";
import { firstRows } from "./first_rows.js";
import { openFlashBar } from "./flash_bar.js";
import { openGrid } from "./grid.js";
import { openHistogram } from "./histogram.js";
import { openHolding } from "./holding.js";
import { openList } from "./list.js";
import { openListStates } from "./list_states.js";
import { openMoving } from "./moving.js";
import { filterOf, queryOf } from "./query.js";
import { openStatusLine } from "./status_line.js";
import { openToggleCounts } from "./toggle_counts.js";
import { openTrafficKeys } from "./traffic_keys.js";
import { openViewsMenu } from "./views_menu.js";

/** @param {string} selector @returns {any} */
const find = (selector) => document.querySelector(selector);

const frame = /** @type {HTMLElement} */ (find("#traffic"));
const scroller = /** @type {HTMLElement} */ (find("#traffic-grid"));
const buffer = new TrafficBuffer();
const first = firstRows(find("#traffic-rows"));
let missing = 0;
let understood = false;
let current = filterOf(location.search);
/** @type {import("../stream/state.js").StreamState} */
let stream = "RECONNECTING";

const grid = openGrid(
  { scroller, head: find("#traffic-head"), body: find("#traffic-rows") },
  buffer,
  {
    scrolled(own) {
      holding.scrolled(own);
      if (grid.nearEnd) void list.readOlder();
    },
  },
);

const list = openList(buffer, {
  changed(news) {
    if (news.length > 0) {
      if (!buffer.held) grid.tint(news.map((row) => row.seq));
      following.noticed(news);
      cover.rise(news);
    }
    holding.count();
    grid.schedule();
    later();
  },
  state(state, error) {
    const stays = state === "refused" && error?.status !== 403;
    if (stays && error) filterBox.explain(error, understood);
    // Words that are not understood change nothing: the last good filter holds, where there was one.
    listState = { state: stays && understood ? "ready" : state, status: error?.status ?? 0 };
    understood ||= state === "ready";
    if (state !== "loading") first.leave();
    showState();
  },
  read: (through) => following.begin(through),
});
/** @type {{state: import("./list.js").ListState, status: number}} */
let listState = { state: "loading", status: 0 };

const holding = openHolding({
  buffer,
  grid,
  pause: find("#traffic-pause"),
  news: find("#traffic-news"),
  told: (held) => following.hold(held),
});

const drawer = openDrawer(find("#drawer"), {
  opened: () => undefined,
  closed: () => moving.focus(),
});
const moving = openMoving({ buffer, grid, holding, drawer, list, scroller });

const filterBox = openFilterBox(find("#traffic-filter"), async (filter) => {
  if (!(await list.read(queryOf(filter)))) return false;
  current = filter;
  cover.show();
  holding.resume();
  histogram.refresh();
  counts.refresh();
  return true;
});

const histogram = openHistogram(find("#histogram"), () => list.query, (after, before) => filterBox.span(after, before));
const counts = openToggleCounts(find("#traffic-filter"), () => current, buffer);
const cover = openCoverBand(() => buffer.rows.values());
const status = openStatusLine(find("#status"));
const states = openListStates(frame, {
  retry: () => void list.read(queryOf(filterBox.filter)),
  clear: () => filterBox.clear(),
  retryGaps: () => following.retry(),
});
const alarms = openAlarms(find("#alarms"));
const flash = openFlashBar(find("#flash"), find("#flash-said"), {
  open: (row) => moving.openRow(row, true),
  arrived: chime,
});

function showState() {
  states.show(listState.state, buffer.size + first.count, list.query !== "", listState.status);
}

/** What may follow a change by a moment: figures, bands, states. */
const later = (() => {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      showState();
      counts.show();
      tick();
    }, 200);
  };
})();

const following = openFollowing({
  batch(batch) {
    list.take(batch);
    alarms.take(batch.alarms ?? []);
    if (batch.rows.some((row) => row.precedence === "FLASH" && row.direction === "in")) flash.stir();
    if (drawer.shown && batch.rows.some((row) => moving.isShown(row))) drawer.refresh();
  },
  state(state) {
    setStreamState(/** @type {import("../frame/pill.js").StreamState} */ (state.toLowerCase()));
    stream = state;
    frame.dataset["stream"] = state;
    tick();
  },
  anew() {
    void list.read(list.query);
    flash.stir();
  },
  missing(count) {
    missing = count;
    states.gaps(count);
    tick();
  },
  status,
});

function tick() {
  const limit = buffer.held ? buffer.heldLimit : buffer.limit;
  const seq = buffer.seqAt(0) ?? null;
  const size = buffer.size + buffer.waiting.size;
  status.show({ state: stream, size, limit, dropped: buffer.dropped, seq, missing }, Date.now());
}

openViewsMenu(find("#traffic-views"), { query: () => list.query, use: (words) => filterBox.useWords(words) });
const exporting = document.getElementById("traffic-export");
if (exporting !== null) openExportMenu(exporting, () => list.query);
onPill(() => holding.resume());
openTrafficKeys(scroller, {
  search: () => filterBox.focus(),
  move: (by) => moving.move(by),
  newest: () => moving.newest(),
  oldest: () => moving.oldest(),
  page: () => grid.page,
  open: () => moving.open(),
  close: () => drawer.close(),
  pause: () => holding.toggle(),
  precedence: (precedence) => filterBox.flip(precedence),
  acknowledge: () => moving.acknowledge(flash),
  copy: (what) => moving.copy(what),
});
startChime();
setInterval(() => {
  grid.fade();
  cover.show();
  tick();
}, 1000);

await following.begun;
await list.read(queryOf(current));
cover.show();
histogram.refresh();
counts.refresh();
const open = openIn(location.search);
if (open !== null) void drawer.show(open, { focus: false });
tick();
frame.dataset["ready"] = "true";
