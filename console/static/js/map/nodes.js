// Nations: circle, triangle, diamond or ring as in the strip, and the links from one's own nation to them.

import { pixelOf, toPlane } from "./view.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./scene.js").Node} Node */
/** @typedef {import("./paint.js").Colour} Colour */

const SIZE = 6;

/** @param {View} view @param {Node} node */
export function nodePixel(view, node) {
  return pixelOf(view, toPlane(node.longitude, node.latitude));
}

/** @param {CanvasRenderingContext2D} context @param {View} view @param {readonly Node[]} nodes @param {Colour} colour */
export function paintLinks(context, view, nodes, colour) {
  const own = nodes.find((node) => node.own);
  if (own === undefined) return;
  const [x0, y0] = nodePixel(view, own);
  for (const node of nodes) {
    if (node.own) continue;
    const [x1, y1] = nodePixel(view, node);
    const sound = node.standing === "ok";
    context.globalAlpha = sound ? 0.35 : 0.9;
    context.strokeStyle = colour(sound ? "acc" : node.standing);
    context.lineWidth = sound ? 1 : 1.4;
    context.setLineDash(sound ? [] : [6, 5]);
    context.beginPath();
    context.moveTo(x0, y0);
    context.quadraticCurveTo((x0 + x1) / 2 + (y1 - y0) * 0.12, (y0 + y1) / 2 - (x1 - x0) * 0.12, x1, y1);
    context.stroke();
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {View} view @param {readonly Node[]} nodes @param {Colour} colour */
export function paintNodes(context, view, nodes, colour) {
  context.font = `600 11px ${colour("mono")}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  for (const node of nodes) {
    const [x, y] = nodePixel(view, node);
    shape(context, node.standing, x, y);
    context.lineWidth = 1.8;
    context.strokeStyle = colour(node.standing);
    context.fillStyle = node.standing === "ok" || node.standing === "off" ? colour("bg") : colour(node.standing);
    context.fill();
    context.stroke();
    if (node.own) {
      context.beginPath();
      context.arc(x, y, SIZE + 4, 0, 2 * Math.PI);
      context.lineWidth = 1;
      context.stroke();
    }
    context.lineWidth = 3;
    context.strokeStyle = colour("bg");
    context.strokeText(node.nation, x + SIZE + 5, y + 0.5);
    context.fillStyle = colour("tx");
    context.fillText(node.nation, x + SIZE + 5, y + 0.5);
  }
}

/** @param {CanvasRenderingContext2D} context @param {string} standing @param {number} x @param {number} y */
function shape(context, standing, x, y) {
  context.beginPath();
  if (standing === "warn") {
    context.moveTo(x, y - SIZE - 1);
    context.lineTo(x + SIZE + 1, y + SIZE - 1);
    context.lineTo(x - SIZE - 1, y + SIZE - 1);
    context.closePath();
  } else if (standing === "bad") {
    context.moveTo(x, y - SIZE - 2);
    context.lineTo(x + SIZE + 2, y);
    context.lineTo(x, y + SIZE + 2);
    context.lineTo(x - SIZE - 2, y);
    context.closePath();
  } else context.arc(x, y, SIZE - 1, 0, 2 * Math.PI);
}
