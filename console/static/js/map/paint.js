// Draws the map: land, links, areas, nations, labels. Everything is asked of the style sheet's colours.

import { paintAreas } from "./areas.js";
import { paintLabels } from "./labels.js";
import { paintLinks, paintNodes } from "./nodes.js";
import { HALF } from "./view.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./land.js").Land} Land */
/** @typedef {import("./scene.js").Item} Item */
/** @typedef {import("./scene.js").Node} Node */
/** @typedef {{ land: Land | null, lines: Path2D, items: Item[], nodes: Node[], chosen: string | null }} Scene */
/** @typedef {(name: string) => string} Colour */

/** @returns {Colour} colours of the style sheet, as they are now (more contrast, forced colours) */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim() || "#888888";
}

/** @param {CanvasRenderingContext2D} context @param {View} view @param {Scene} scene @param {Colour} colour */
export function paint(context, view, scene, colour) {
  const ratio = context.canvas.width / view.width;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = colour("map-sea");
  context.fillRect(0, 0, view.width, view.height);
  onEveryWorld(context, view, ratio, () => {
    context.lineWidth = 0.6 / view.scale;
    context.strokeStyle = colour("map-grid");
    context.stroke(scene.lines);
    if (scene.land === null) return;
    context.fillStyle = colour("map-land");
    context.fill(scene.land.land);
    context.strokeStyle = colour("map-coast");
    context.stroke(scene.land.land);
    context.setLineDash([3 / view.scale, 3 / view.scale]);
    context.stroke(scene.land.borders);
    context.setLineDash([]);
  });
  paintLinks(context, view, scene.nodes, colour);
  onEveryWorld(context, view, ratio, () => paintAreas(context, view, scene.items, scene.chosen, colour));
  paintNodes(context, view, scene.nodes, colour);
  paintLabels(context, view, scene, colour);
}

/**
 * The plane repeats to the left and right: draw on each copy that is in sight.
 * @param {CanvasRenderingContext2D} context @param {View} view @param {number} ratio @param {() => void} draw
 */
export function onEveryWorld(context, view, ratio, draw) {
  const reach = view.width / 2 / view.scale;
  for (const turn of [-2 * HALF, 0, 2 * HALF]) {
    if (view.x + reach < turn - HALF || view.x - reach > turn + HALF) continue;
    const scale = view.scale * ratio;
    const right = (view.width / 2) * ratio + (turn - view.x) * scale;
    context.setTransform(scale, 0, 0, scale, right, (view.height / 2) * ratio - view.y * scale);
    draw();
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
}
