// What the page was told, made ready for drawing: one path for each outline, in the units of the plane.

import { plane } from "./land.js";
import { anchor, bent, extent, pointsOf, polygonsOf, strokes } from "./outline.js";
import { boxAround, toPlane } from "./view.js";

/** @typedef {import("./view.js").Pair} Pair */
/** @typedef {import("./outline.js").Area} Area */
/** @typedef {{ key: string, mark: string, precedence: string, exercise: boolean, starts: string, ends: string | null, areas: Area[] }} Told */
/** @typedef {{ nation: string, longitude: number, latitude: number, standing: string, own: boolean }} Node */
/** @typedef {{ now: string, items: Told[], nodes: Node[] }} Outlines the console's answer */
/**
 * @typedef {object} Item
 * @property {string} key
 * @property {string} mark
 * @property {string} precedence
 * @property {boolean} exercise
 * @property {number} starts
 * @property {number | null} ends
 * @property {Path2D[]} fills
 * @property {Path2D} line
 * @property {Pair[]} points on the plane
 * @property {Pair | null} anchor on the plane
 * @property {import("./view.js").Box | null} box
 */

const EARTH_RADIUS_M = 6_371_008.8;

/** @param {Told} told @returns {Item} */
export function prepared(told) {
  const at = anchor(told.areas);
  return {
    key: told.key,
    mark: told.mark,
    precedence: told.precedence,
    exercise: told.exercise,
    starts: Date.parse(told.starts),
    ends: told.ends === null ? null : Date.parse(told.ends),
    fills: told.areas.flatMap((area) => [...polygonsOf(area).map(filled), ...circlesOf(area).map(disc)]),
    line: lined(told.areas),
    points: told.areas.flatMap(pointsOf).map(([longitude, latitude]) => toPlane(longitude, latitude)),
    anchor: at === null ? null : toPlane(at[0], at[1]),
    box: boxAround(extent(told.areas)),
  };
}

/** @param {Pair[][]} rings @returns {Path2D} */
function filled(rings) {
  const path = new Path2D();
  for (const ring of rings) {
    trace(path, ring);
    path.closePath();
  }
  return path;
}

/** @param {readonly Area[]} areas @returns {Path2D} */
function lined(areas) {
  const path = new Path2D();
  for (const area of areas) {
    for (const line of polygonsOf(area).flat().flatMap(strokes)) trace(path, line);
    for (const circle of circlesOf(area)) {
      // The line of the circle, not its area: d3 strokes no cut along longitude 180 then.
      const [ring] = circle.coordinates;
      if (ring !== undefined) d3.geoPath(plane(), path)({ type: "LineString", coordinates: ring });
    }
  }
  return path;
}

/** @param {Path2D} path @param {readonly Pair[]} line degrees */
function trace(path, line) {
  bent(line).forEach(([x, y], index) => (index === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
}

/** @param {Area} area @returns {GeoPolygon[]} */
function circlesOf(area) {
  return area.circles
    .filter((circle) => circle.radius_m > 0)
    .map((circle) => {
      const radius = Math.min(179.999, (circle.radius_m / EARTH_RADIUS_M) * (180 / Math.PI));
      return d3.geoCircle().center([circle.longitude, circle.latitude]).radius(radius).precision(3)();
    });
}

/** @param {GeoPolygon} circle @returns {Path2D} */
function disc(circle) {
  const path = new Path2D();
  d3.geoPath(plane(), path)(circle);
  return path;
}
