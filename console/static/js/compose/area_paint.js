// Draws land and one area in the making.

import { bent } from "../map/outline.js";
import { plane } from "../map/land.js";
import { colours, onEveryWorld } from "../map/paint.js";
import { pixelOf, toPlane } from "../map/view.js";

/** @typedef {import("../map/view.js").View} View */
/** @typedef {import("../map/land.js").Land} Land */
/** @typedef {import("./area_text.js").Pair} Pair */
/** @typedef {import("./area_fields.js").Circle} Circle */
/** @typedef {{ land: Land | null, rings: Pair[][], circles: Circle[], centre: Pair | null, closed: boolean, cross: boolean }} Drawing */

const METRES_PER_DEGREE = 111_195;

/** @param {CanvasRenderingContext2D} context @param {View} view @param {Drawing} drawing */
export function paintArea(context, view, drawing) {
  const colour = colours();
  const ratio = context.canvas.width / view.width;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = colour("map-sea");
  context.fillRect(0, 0, view.width, view.height);
  onEveryWorld(context, view, ratio, () => {
    context.lineWidth = 0.8 / view.scale;
    if (drawing.land !== null) {
      context.fillStyle = colour("map-land");
      context.fill(drawing.land.land);
      context.strokeStyle = colour("map-coast");
      context.stroke(drawing.land.land);
      context.stroke(drawing.land.borders);
    }
    const area = outline(drawing);
    context.globalAlpha = 0.25;
    context.fillStyle = colour("acc");
    context.fill(area, "evenodd");
    context.globalAlpha = 1;
    context.lineWidth = 2 / view.scale;
    context.strokeStyle = colour("acc");
    context.stroke(area);
  });
  const corners = [...drawing.rings.flat(), ...(drawing.centre === null ? [] : [drawing.centre])];
  context.fillStyle = colour("focus");
  for (const corner of corners) {
    const [x, y] = pixelOf(view, toPlane(...corner));
    context.fillRect(x - 3, y - 3, 6, 6);
  }
  if (drawing.cross) cross(context, view, colour("focus"));
}

/** @param {Drawing} drawing @returns {Path2D} on the plane */
function outline(drawing) {
  const path = new Path2D();
  for (const ring of drawing.rings) {
    const [first] = ring;
    const whole = drawing.closed && first !== undefined && ring.length > 2 ? [...ring, first] : ring;
    bent(whole).forEach(([x, y], place) => (place === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
  }
  const draw = d3.geoPath(plane(), path);
  for (const { longitude, latitude, radius_m } of drawing.circles) {
    draw(d3.geoCircle().center([longitude, latitude]).radius(Math.min(179, radius_m / METRES_PER_DEGREE)).precision(3)());
  }
  return path;
}

/** @param {CanvasRenderingContext2D} context @param {View} view @param {string} colour where Enter sets a corner */
function cross(context, view, colour) {
  const [x, y] = [Math.round(view.width / 2) + 0.5, Math.round(view.height / 2) + 0.5];
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x - 10, y);
  context.lineTo(x + 10, y);
  context.moveTo(x, y - 10);
  context.lineTo(x, y + 10);
  context.stroke();
}
