// Land and borders as paths on the Mercator plane, in two degrees of detail. The files are TopoJSON.

import { HALF } from "./view.js";

/** @typedef {{ land: Path2D, borders: Path2D }} Land */

/** @returns {GeoProjection} the plane of view.js */
export function plane() {
  return d3.geoMercator().scale(HALF / Math.PI).translate([0, 0]).precision(0);
}

/** @param {string} address @returns {Promise<Land>} */
export async function readLand(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`land: ${answer.status}`);
  const world = /** @type {TopoWorld} */ (await answer.json());
  const shapes = world.objects.countries ?? world.objects.land;
  if (shapes === undefined) throw new Error("land: neither countries nor land in the file");
  return {
    land: drawn(topojson.merge(world, shapes.geometries)),
    borders: drawn(topojson.mesh(world, shapes, (one, other) => one !== other)),
  };
}

/** @param {unknown} shape @returns {Path2D} */
function drawn(shape) {
  const path = new Path2D();
  d3.geoPath(plane(), path)(shape);
  return path;
}

/** @returns {Path2D} meridians and parallels, every ten degrees */
export function graticule() {
  return drawn(d3.geoGraticule().step([10, 10]).extent([[-180, -80], [180, 80.1]])());
}
