// The alert map: puts the parts together. The list beside it is the same without scripts.

import { itemUnder } from "./areas.js";
import { steer } from "./controls.js";
import { inForce } from "./force.js";
import { graticule, readLand } from "./land.js";
import { readAddress, showChosen, showForce, watchList, writeAddress } from "./list.js";
import { colours, onEveryWorld, paint } from "./paint.js";
import { prepared } from "./scene.js";
import { timeSlider } from "./slider.js";
import { boxAround, degreesAndMinutes, fitted, placeAt, resized, settled } from "./view.js";
import { watchNews } from "./news.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./scene.js").Outlines} Outlines */

/** How long the map lies still before it is drawn in full detail. */
const REST_MS = 160;
/** Degrees of longitude. */
const WIDE = 60;

/** @param {HTMLElement} stage */
function open(stage) {
  const canvas = /** @type {HTMLCanvasElement} */ (stage.querySelector("canvas"));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const readout = /** @type {HTMLElement} */ (document.getElementById("map-readout"));
  const list = /** @type {HTMLElement} */ (document.getElementById("map-list"));
  const colour = colours();
  /** @type {{ moving: import("./land.js").Land | null, rest: import("./land.js").Land | null }} */
  const land = { moving: null, rest: null };
  const lines = graticule();
  /** @type {View} */
  let view = settled({ x: 0, y: -350, scale: 1, width: 800, height: 600 });
  /** @type {import("./scene.js").Item[]} */
  let items = [];
  /** @type {import("./scene.js").Node[]} */
  let nodes = [];
  let chosen = readAddress();
  let at = Date.now();
  let begun = false;
  let frame = 0;
  let lastMove = -Infinity;

  function draw() {
    frame = 0;
    const still = performance.now() - lastMove >= REST_MS;
    const shown = items.filter((item) => inForce(item, at));
    paint(context, view, { land: (still ? land.rest : null) ?? land.moving ?? land.rest, lines, items: shown, nodes, chosen }, colour);
    stage.dataset["drawn"] = still ? "rest" : "moving";
    if (!still) setTimeout(redraw, REST_MS);
  }

  function redraw() {
    if (frame === 0) frame = requestAnimationFrame(draw);
  }

  /** @param {View} next */
  function show(next) {
    view = next;
    lastMove = performance.now();
    redraw();
  }

  /** @param {readonly import("./scene.js").Item[]} of @param {boolean} withNodes */
  function fit(of, withNodes) {
    /** @type {import("./view.js").Pair[]} */
    const corners = of.flatMap((item) =>
      item.box === null ? [] : [[item.box.west, item.box.south], [item.box.east, item.box.north]],
    );
    if (withNodes) corners.push(...nodes.map((node) => /** @type {[number, number]} */ ([node.longitude, node.latitude])));
    const around = boxAround(corners.map(([longitude, latitude]) => [longitude > 180 ? longitude - 360 : longitude, latitude]));
    if (around !== null) show(fitted(view, around, Math.min(80, view.width / 6)));
  }

  /** Everything but what spans half the world: that is in sight wherever one looks. */
  function all() {
    const shown = items.filter((item) => inForce(item, at));
    const near = shown.filter((item) => item.box !== null && item.box.east - item.box.west < WIDE);
    fit(near.length + nodes.length > 0 ? near : shown, true);
  }

  /** @param {string | null} key */
  function choose(key) {
    chosen = key;
    writeAddress(key);
    showChosen(list, key);
    const item = items.find((each) => each.key === key);
    if (item !== undefined) fit([item], false);
    redraw();
  }

  /** @param {import("./view.js").Pair} pixel */
  function pick(pixel) {
    /** @type {import("./scene.js").Item | undefined} */
    let found;
    const ratio = canvas.width / view.width;
    onEveryWorld(context, view, ratio, () => {
      found ??= itemUnder(context, items.filter((item) => inForce(item, at)), pixel[0] * ratio, pixel[1] * ratio);
    });
    chosen = found?.key ?? null;
    writeAddress(chosen);
    showChosen(list, chosen);
    redraw();
  }

  /** @param {import("./view.js").Pair | null} pixel */
  function point(pixel) {
    const place = placeAt(view, pixel ?? [view.width / 2, view.height / 2]);
    readout.textContent = degreesAndMinutes(place[0], place[1]);
  }

  const cover = timeSlider(/** @type {HTMLElement} */ (document.getElementById("map-time")), (moment) => {
    at = moment ?? Date.now();
    showForce(list, items, at);
    redraw();
  });

  async function read() {
    const answer = await fetch(stage.dataset["outlines"] ?? "");
    if (!answer.ok) throw new Error(`outlines: ${answer.status}`);
    const told = /** @type {Outlines} */ (await answer.json());
    items = told.items.map(prepared);
    nodes = told.nodes;
    cover(items);
    showChosen(list, chosen);
    if (!begun) {
      begun = true;
      const item = items.find((each) => each.key === chosen);
      if (item !== undefined) fit([item], false);
      else all();
    }
    stage.dataset["state"] = "ready";
    point(null);
    redraw();
  }

  new ResizeObserver(() => {
    const { clientWidth, clientHeight } = stage;
    if (clientWidth === 0 || clientHeight === 0) return;
    const ratio = Math.min(2, devicePixelRatio);
    [canvas.width, canvas.height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
    view = resized(view, clientWidth, clientHeight);
    draw();
  }).observe(stage);

  steer(canvas, { view: () => view, show, all, pick, point });
  watchList(list, choose);
  watchNews(list, async () => {
    await read();
    showForce(list, items, at);
  });

  const legend = stage.querySelector("details");
  if (legend !== null && matchMedia("(max-width: 860px)").matches) legend.open = false;
  const failed = () => void (stage.dataset["state"] = "failed");
  void document.fonts.ready.then(redraw);
  read().catch(failed);
  readLand(stage.dataset["landMoving"] ?? "").then((found) => ((land.moving = found), redraw()), failed);
  readLand(stage.dataset["landRest"] ?? "").then((found) => ((land.rest = found), redraw()), failed);
}

const stage = document.getElementById("map-stage");
if (stage !== null) open(stage);
