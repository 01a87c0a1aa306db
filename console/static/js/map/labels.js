// Labels of areas: symbol and name on a dark ground. One that would cover another is moved down, or left out.

import { colourOf } from "./areas.js";
import { nodePixel } from "./nodes.js";
import { pixelOf, toPlane } from "./view.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./paint.js").Scene} Scene */
/** @typedef {import("./paint.js").Colour} Colour */
/** @typedef {{ left: number, top: number, right: number, bottom: number }} Place */

/** @type {Record<string, string>} */
const SYMBOLS = { FLASH: "◆", IMMEDIATE: "▲", PRIORITY: "■", ROUTINE: "○" };
const HEIGHT = 18;
const TRIES = 3;
/** Outlines lower than this many pixels have their label above them. */
const SMALL = 44;

/** @param {CanvasRenderingContext2D} context @param {View} view @param {Scene} scene @param {Colour} colour */
export function paintLabels(context, view, scene, colour) {
  /** @type {Place[]} */
  const taken = scene.nodes.map((node) => {
    const [x, y] = nodePixel(view, node);
    return { left: x - 8, top: y - 8, right: x + 38, bottom: y + 8 };
  });
  context.font = `600 11px ${colour("sans")}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  const first = scene.items.filter((item) => item.key === scene.chosen);
  for (const item of [...first, ...scene.items.filter((each) => each.key !== scene.chosen)]) {
    if (item.anchor === null) continue;
    const [x, middle] = pixelOf(view, item.anchor);
    const y = middle - clearance(view, item);
    const width = context.measureText(item.mark).width + 26;
    const place = free(taken, { left: x - width / 2, top: y - HEIGHT / 2, right: x + width / 2, bottom: y + HEIGHT / 2 });
    if (place === null || place.right < 0 || place.left > view.width) continue;
    taken.push(place);
    const line = (place.top + place.bottom) / 2 + 0.5;
    context.fillStyle = colour("p1");
    context.globalAlpha = 0.88;
    context.fillRect(place.left, place.top, width, HEIGHT);
    context.globalAlpha = 1;
    if (item.key === scene.chosen) {
      context.strokeStyle = colour("acc");
      context.lineWidth = 1.5;
      context.strokeRect(place.left, place.top, width, HEIGHT);
    }
    context.fillStyle = colourOf(item, colour);
    context.fillText(SYMBOLS[item.precedence] ?? "○", place.left + 5, line);
    context.fillStyle = colour("tx");
    context.fillText(item.mark, place.left + 20, line);
  }
}

/**
 * How far above its middle a label stands that would cover all of a small outline or a point.
 * @param {View} view @param {import("./scene.js").Item} item
 */
function clearance(view, item) {
  if (item.box === null) return 0;
  const [, top] = toPlane(item.box.west, item.box.north);
  const [, foot] = toPlane(item.box.west, item.box.south);
  const tall = (foot - top) * view.scale;
  return tall < SMALL ? tall / 2 + HEIGHT : 0;
}

/** @param {readonly Place[]} taken @param {Place} wanted @returns {Place | null} */
export function free(taken, wanted) {
  for (let step = 0; step < TRIES; step += 1) {
    const down = step * (HEIGHT + 2);
    const place = { ...wanted, top: wanted.top + down, bottom: wanted.bottom + down };
    const covers = taken.some(
      (other) => place.left < other.right && other.left < place.right && place.top < other.bottom && other.top < place.bottom,
    );
    if (!covers) return place;
  }
  return null;
}
