// An area drawn on a map, beside the text that holds it. By pointer, and by keys: arrows move, Enter sets a corner.

import { readLand } from "../map/land.js";
import { boxAround, degreesAndMinutes, fitted, moved, placeAt, resized, zoomed } from "../map/view.js";
import { element, icon } from "../frame/elements.js";
import { t } from "../frame/wording.js";
import { fieldsOf } from "./area_fields.js";
import { paintArea } from "./area_paint.js";
import { distance } from "./area_text.js";

/** @typedef {import("./area_text.js").Pair} Pair */
/** @typedef {import("../map/view.js").View} View */

const HEIGHT = 340;
const START = { west: -12, south: 40, east: 36, north: 71 };
const STEP = 40;

/** @type {Promise<import("../map/land.js").Land> | null} */
let land = null;

/** @param {ParentNode} place @param {HTMLFormElement} form */
export function startAreas(place, form) {
  for (const geometry of place.querySelectorAll("[data-geometry]:not([data-begun])")) {
    if (!(geometry instanceof HTMLElement)) continue;
    geometry.dataset.begun = "yes";
    const open = element("button", { type: "button", class: "button button-small", "aria-expanded": "false" }, icon("map"), ` ${t("compose.live.map_title")}`);
    open.addEventListener("click", () => {
      open.remove();
      map(geometry, form);
    });
    geometry.append(open);
  }
}

/** @param {HTMLElement} geometry @param {HTMLFormElement} form */
function map(geometry, form) {
  const fields = fieldsOf(geometry, form);
  const canvas = document.createElement("canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", t("compose.live.map_title"));
  const help = element("p", { class: "under" }, t("compose.live.map_help_polygon"));
  const where = element("output", { class: "m map-where", dir: "ltr" });
  const source = element("p", { class: "map-source" }, t("compose.live.map_source"));
  const frame = element("div", { class: "area-map" }, canvas, where, source);
  const tools = element("div", { class: "map-tools" });
  geometry.append(element("div", { class: "geometry-map" }, tools, frame, help));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  let circling = false;
  /** @type {Pair | null} */
  let centre = null;
  /** @type {View} */
  let view = { x: 0, y: 0, scale: 1, width: 10, height: HEIGHT };
  /** @type {import("../map/land.js").Land | null} */
  let drawn = null;
  let asked = false;

  function draw() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      const cross = document.activeElement === canvas;
      const { rings, circles, isPoint } = fields;
      paintArea(context, view, { land: drawn, rings, circles, centre, closed: !isPoint, cross });
    });
  }

  /** @param {View} next */
  function show(next) {
    view = next;
    const [longitude, latitude] = placeAt(view, [view.width / 2, view.height / 2]);
    where.textContent = degreesAndMinutes(longitude, latitude);
    draw();
  }

  /** @param {Pair} position */
  function set(position) {
    if (!circling) fields.add(position);
    else if (centre === null) centre = position;
    else {
      const [longitude, latitude] = centre;
      const circle = { longitude, latitude, radius_m: distance(centre, position) };
      centre = null;
      void fields.addCircle(circle).then(draw);
    }
    draw();
  }

  /** A centre without a rim goes first. */
  function undo() {
    if (centre === null) fields.undo();
    centre = null;
    draw();
  }

  /** @param {string} name @param {string} words @param {() => void} act */
  function tool(name, words, act) {
    const button = element("button", { type: "button", class: "button button-small", title: words, "aria-label": words }, icon(name));
    button.addEventListener("click", () => {
      act();
      draw();
    });
    tools.append(button);
    return button;
  }

  if (fields.hasCircles) {
    const circle = tool("target", t("compose.live.map_circle"), () => {
      circling = !circling;
      centre = null;
      circle.setAttribute("aria-pressed", String(circling));
      help.textContent = t(circling ? "compose.live.map_help_circle" : "compose.live.map_help_polygon");
    });
    circle.setAttribute("aria-pressed", "false");
  }
  tool("undo-2", t("compose.live.map_undo"), undo);
  tool("trash-2", t("compose.live.map_clear"), () => fields.clear());
  tool("plus", t("compose.live.map_in"), () => show(zoomed(view, 1.6)));
  tool("minus", t("compose.live.map_out"), () => show(zoomed(view, 1 / 1.6)));

  /** @type {{ x: number, y: number, moved: boolean } | null} */
  let held = null;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    held = { x: event.clientX, y: event.clientY, moved: false };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (held === null) return;
    const [right, down] = [held.x - event.clientX, held.y - event.clientY];
    if (!held.moved && Math.hypot(right, down) < 4) return;
    held = { x: event.clientX, y: event.clientY, moved: true };
    show(moved(view, right, down));
  });
  canvas.addEventListener("pointerup", (event) => {
    const clicked = held !== null && !held.moved;
    held = null;
    if (clicked && event.detail < 2) set(placeAt(view, [event.offsetX, event.offsetY]));
  });
  canvas.addEventListener("dblclick", () => fields.end());
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    show(zoomed(view, event.deltaY < 0 ? 1.25 : 0.8, [event.offsetX, event.offsetY]));
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => show(moved(view, -STEP, 0)),
      ArrowRight: () => show(moved(view, STEP, 0)),
      ArrowUp: () => show(moved(view, 0, -STEP)),
      ArrowDown: () => show(moved(view, 0, STEP)),
      "+": () => show(zoomed(view, 1.6)),
      "-": () => show(zoomed(view, 1 / 1.6)),
      Enter: () => set(placeAt(view, [view.width / 2, view.height / 2])),
      Backspace: undo,
    };
    const act = keys[event.key];
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  for (const name of ["focus", "blur"]) canvas.addEventListener(name, draw);
  form.addEventListener("input", draw);
  new ResizeObserver(() => {
    const first = view.width === 10;
    const ratio = window.devicePixelRatio || 1;
    const width = frame.clientWidth;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(HEIGHT * ratio);
    show(first ? fitted({ ...view, width }, box() ?? START) : resized(view, width, HEIGHT));
  }).observe(frame);

  function box() {
    const around = boxAround(fields.rings.flat());
    return around === null ? null : { west: around.west - 1, south: around.south - 1, east: around.east + 1, north: around.north + 1 };
  }

  land ??= readLand(new URL("../../vendor/world-atlas/countries-50m.json", import.meta.url).href);
  void land.then((found) => {
    drawn = found;
    draw();
  }).catch(() => { land = null; });
}
