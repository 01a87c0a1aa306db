// Outlines of messages on the Mercator plane. Pure.
//
// Edges run straight in longitude and latitude (RFC 7946), so a slanted one bends on the map: it is drawn in pieces.
// Polygons are cut at longitude 180 and may reach the poles; along those cuts nothing is stroked.

import { LIMIT, toPlane } from "./view.js";

/** @typedef {import("./view.js").Pair} Pair */
/** @typedef {{ type: "Point", coordinates: Pair } | { type: "Polygon", coordinates: Pair[][] } | { type: "MultiPolygon", coordinates: Pair[][][] }} Geometry */
/** @typedef {{ longitude: number, latitude: number, radius_m: number }} Circle */
/** @typedef {{ geometry: Geometry | null, circles: Circle[] }} Area */
/** @typedef {Pair[][]} Rings on the plane, closed */

/** Degrees of latitude that one straight piece may span. */
const PIECE = 1;

/** @param {Area} area @returns {Pair[][][]} polygons in degrees: rings of positions */
export function polygonsOf(area) {
  if (area.geometry?.type === "Polygon") return [area.geometry.coordinates];
  if (area.geometry?.type === "MultiPolygon") return area.geometry.coordinates;
  return [];
}

/** @param {Area} area @returns {Pair[]} points, and circles without a radius */
export function pointsOf(area) {
  const points = area.circles.filter((circle) => circle.radius_m === 0);
  /** @type {Pair[]} */
  const found = points.map((circle) => [circle.longitude, circle.latitude]);
  if (area.geometry?.type === "Point") found.push(area.geometry.coordinates);
  return found;
}

/** @param {readonly Pair[]} ring degrees @returns {Pair[]} on the plane, in pieces short enough to look as they run */
export function bent(ring) {
  /** @type {Pair[]} */
  const found = [];
  ring.forEach((end, index) => {
    const start = ring[index - 1];
    if (start !== undefined) {
      const pieces = start[0] === end[0] ? 1 : Math.max(1, Math.ceil(Math.abs(end[1] - start[1]) / PIECE));
      for (let piece = 1; piece < pieces; piece += 1) {
        const share = piece / pieces;
        found.push(toPlane(start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])));
      }
    }
    found.push(toPlane(end[0], end[1]));
  });
  return found;
}

/** @param {Pair} start @param {Pair} end degrees @returns {boolean} whether an edge is the world's, not the area's */
function isCut(start, end) {
  const alongSide = Math.abs(start[0]) === 180 && start[0] === end[0];
  const alongPole = Math.abs(start[1]) > LIMIT && Math.abs(end[1]) > LIMIT;
  return alongSide || alongPole;
}

/** @param {readonly Pair[]} ring degrees @returns {Pair[][]} the lines to stroke, in degrees */
export function strokes(ring) {
  /** @type {Pair[][]} */
  const lines = [];
  /** @type {Pair[]} */
  let line = [];
  ring.forEach((end, index) => {
    const start = ring[index - 1];
    if (start !== undefined && isCut(start, end)) {
      if (line.length > 1) lines.push(line);
      line = [];
    }
    line.push(end);
  });
  if (line.length > 1) lines.push(line);
  return lines;
}

/** @param {readonly Area[]} areas @returns {Pair[]} places that together bound what is drawn */
export function extent(areas) {
  return areas.flatMap((area) => [
    ...polygonsOf(area).flatMap((rings) => rings[0] ?? []),
    ...pointsOf(area),
    ...area.circles.flatMap(corners),
  ]);
}

/** @param {Circle} circle @returns {Pair[]} */
function corners(circle) {
  const up = Math.min(90, circle.radius_m / 111_195);
  const [south, north] = [Math.max(-90, circle.latitude - up), Math.min(90, circle.latitude + up)];
  const narrow = Math.cos((Math.max(Math.abs(south), Math.abs(north)) * Math.PI) / 180);
  const aside = narrow < 0.02 ? 179 : Math.min(179, up / narrow);
  return [
    [circle.longitude - aside, south],
    [circle.longitude + aside, north],
    [circle.longitude, circle.latitude],
  ];
}

/** @param {readonly Area[]} areas @returns {Pair | null} where the label stands, in degrees */
export function anchor(areas) {
  for (const area of areas) {
    const [first] = polygonsOf(area);
    if (first?.[0] !== undefined) return middle(first[0]);
    const circle = area.circles[0];
    if (circle !== undefined) return [circle.longitude, circle.latitude];
    if (area.geometry?.type === "Point") return area.geometry.coordinates;
  }
  return null;
}

/** @param {readonly Pair[]} ring @returns {Pair} its centre of area, or of its corners where that encloses nothing */
export function middle(ring) {
  const [x0, y0] = ring[0] ?? [0, 0];
  let [area, x, y] = [0, 0, 0];
  ring.forEach(([bx, by], index) => {
    const [ax, ay] = ring[index - 1] ?? [bx, by];
    const cross = (ax - x0) * (by - y0) - (bx - x0) * (ay - y0);
    area += cross;
    x += (ax + bx - 2 * x0) * cross;
    y += (ay + by - 2 * y0) * cross;
  });
  return Math.abs(area) < 1e-12 ? [x0, y0] : [x0 + x / (3 * area), y0 + y / (3 * area)];
}
