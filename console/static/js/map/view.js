// What part of the world the map shows. Pure: a view is a centre on the Mercator plane and a scale.
//
// The plane is 2000 units wide, longitude -180 at -1000; east and south grow. d3-geo draws land in the same units.

/** @typedef {{ x: number, y: number, scale: number, width: number, height: number }} View scale: pixels per unit */
/** @typedef {[number, number]} Pair */
/** @typedef {{ west: number, south: number, east: number, north: number }} Box degrees; east may lie beyond 180 */

export const HALF = 1000;
/** Where Mercator ends: the plane is a square. */
export const LIMIT = (2 * Math.atan(Math.exp(Math.PI)) - Math.PI / 2) * (180 / Math.PI);
export const LARGEST = 1000;

/** @param {number} longitude @param {number} latitude @returns {Pair} */
export function toPlane(longitude, latitude) {
  const clamped = Math.max(-LIMIT, Math.min(LIMIT, latitude));
  const y = Math.log(Math.tan(Math.PI / 4 + (clamped * Math.PI) / 360));
  return [(longitude / 180) * HALF, (-y / Math.PI) * HALF];
}

/** @param {number} x @param {number} y @returns {Pair} longitude and latitude */
export function fromPlane(x, y) {
  const latitude = (Math.atan(Math.exp((-y / HALF) * Math.PI)) * 360) / Math.PI - 90;
  return [wrapped((x / HALF) * 180, 180), latitude];
}

/** @param {number} value @param {number} half @returns {number} between -half and half */
export function wrapped(value, half) {
  const turned = (((value + half) % (2 * half)) + 2 * half) % (2 * half);
  return turned - half;
}

/** @param {View} view @returns {View} within the world, not smaller than the canvas */
export function settled(view) {
  const smallest = Math.max(view.width, view.height) / (2 * HALF);
  const scale = Math.max(smallest, Math.min(LARGEST, view.scale));
  const room = HALF - view.height / 2 / scale;
  return { ...view, scale, x: wrapped(view.x, HALF), y: Math.max(-room, Math.min(room, view.y)) };
}

/** @param {View} view @param {number} right @param {number} down pixels @returns {View} */
export function moved(view, right, down) {
  return settled({ ...view, x: view.x + right / view.scale, y: view.y + down / view.scale });
}

/**
 * The view nearer by a factor; what lies under a pixel stays there.
 * @param {View} view @param {number} factor @param {Pair} [at] pixel, the middle if not given @returns {View}
 */
export function zoomed(view, factor, at = [view.width / 2, view.height / 2]) {
  const scale = settled({ ...view, scale: view.scale * factor }).scale;
  const [dx, dy] = [at[0] - view.width / 2, at[1] - view.height / 2];
  const x = view.x + dx / view.scale - dx / scale;
  const y = view.y + dy / view.scale - dy / scale;
  return settled({ ...view, x, y, scale });
}

/** @param {View} view @param {number} width @param {number} height @returns {View} */
export function resized(view, width, height) {
  return settled({ ...view, width, height });
}

/** @param {View} view @param {Pair} pixel @returns {Pair} longitude and latitude */
export function placeAt(view, pixel) {
  const x = view.x + (pixel[0] - view.width / 2) / view.scale;
  return fromPlane(x, view.y + (pixel[1] - view.height / 2) / view.scale);
}

/** @param {View} view @param {Pair} plane @returns {Pair} the pixel nearest to the middle, over the edge of the world too */
export function pixelOf(view, plane) {
  const dx = wrapped(plane[0] - view.x, HALF);
  return [view.width / 2 + dx * view.scale, view.height / 2 + (plane[1] - view.y) * view.scale];
}

/** @param {View} view @param {Box} box @param {number} [margin] pixels @returns {View} that shows all of the box */
export function fitted(view, box, margin = 48) {
  const [west, north] = toPlane(box.west, box.north);
  const [east, south] = toPlane(box.east, box.south);
  const across = Math.max(1, view.width - 2 * margin) / Math.max(east - west, 1);
  const down = Math.max(1, view.height - 2 * margin) / Math.max(south - north, 1);
  return settled({ ...view, x: (west + east) / 2, y: (north + south) / 2, scale: Math.min(across, down) });
}

/**
 * The smallest box around places, across longitude 180 where that is shorter.
 * @param {readonly Pair[]} places @returns {Box | null}
 */
export function boxAround(places) {
  if (places.length === 0) return null;
  const longitudes = places.map(([longitude]) => longitude).sort((a, b) => a - b);
  const latitudes = places.map(([, latitude]) => latitude);
  let widest = { gap: -1, east: 0, west: 0 };
  longitudes.forEach((longitude, index) => {
    const last = index === longitudes.length - 1;
    const next = last ? /** @type {number} */ (longitudes[0]) + 360 : /** @type {number} */ (longitudes[index + 1]);
    if (next - longitude > widest.gap) widest = { gap: next - longitude, east: longitude, west: next };
  });
  const west = wrapped(widest.west, 180);
  const east = west + 360 - widest.gap;
  return { west, east, south: Math.min(...latitudes), north: Math.max(...latitudes) };
}

/** @param {number} longitude @param {number} latitude @returns {string} degrees and minutes: 57°30.0′N 020°30.0′E */
export function degreesAndMinutes(longitude, latitude) {
  return `${written(latitude, 2, "N", "S")} ${written(longitude, 3, "E", "W")}`;
}

/** @param {number} value @param {number} digits @param {string} above @param {string} below */
function written(value, digits, above, below) {
  const tenths = Math.round(Math.abs(value) * 600);
  const degrees = String(Math.floor(tenths / 600)).padStart(digits, "0");
  const minutes = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  return `${degrees}°${minutes}′${value < 0 && tenths > 0 ? below : above}`;
}
