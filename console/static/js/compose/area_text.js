// Positions as text, as the server reads them (console/forms/positions.py, geometry.py). Pure.

/** @typedef {[number, number]} Pair longitude, latitude */

const PART = "(\\d{1,3}(?:\\.\\d+)?)";
const ANGLE = new RegExp(`^([NSEW+-])?\\s*${PART}\\s*°?\\s*(?:${PART}\\s*['′’]?\\s*)?(?:${PART}\\s*["″”]?\\s*)?([NSEW])?$`);

/** @param {string} text @returns {Pair | null} */
export function readPosition(text) {
  const halves = apart(text.toUpperCase().trim().replace("−", "-"));
  const [first, second] = (halves ?? []).map(angle);
  if (!first || !second) return null;
  const turned = "EW".includes(first.side || "-") || "NS".includes(second.side || "-");
  const [latitude, longitude] = turned ? [second, first] : [first, second];
  if ("EW".includes(latitude.side || "-") || "NS".includes(longitude.side || "-")) return null;
  if (Math.abs(latitude.value) > 90 || Math.abs(longitude.value) > 180) return null;
  return [longitude.value, latitude.value];
}

/** @param {string} text @returns {string[] | null} latitude and longitude */
function apart(text) {
  for (const mark of [",", ";", "/"]) {
    const halves = text.split(mark);
    if (halves.length === 2) return halves.map((half) => half.trim());
  }
  const lettered = /^(.*?[NSEW])\s*(\S.*[NSEW])$/.exec(text) ?? /^([NSEW].*?)\s+([NSEW].*)$/.exec(text);
  if (lettered !== null) return lettered.slice(1, 3);
  const bare = text.split(/\s+/);
  return bare.length === 2 ? bare : null;
}

/** @param {string} text @returns {{ value: number, side: string } | null} */
function angle(text) {
  const found = ANGLE.exec(text);
  if (found === null) return null;
  const [, before = "", degrees = "", minutes = "0", seconds = "0", after = ""] = found;
  if ((before && after) || Number(minutes) >= 60 || Number(seconds) >= 60) return null;
  const side = after || ("NSEW".includes(before || "-") ? before : "");
  const value = Number(degrees) + Number(minutes) / 60 + Number(seconds) / 3600;
  return { value: before === "-" || side === "S" || side === "W" ? -value : value, side };
}

/** @param {string} text @returns {Pair[][]} rings of positions, as far as they can be read */
export function readRings(text) {
  /** @type {Pair[][]} */
  const rings = [[]];
  for (const line of text.split("\n")) {
    const position = readPosition(line);
    if (position !== null) rings[rings.length - 1]?.push(position);
    else if (line.trim() === "" || line.trim() === "-") rings.push([]);
  }
  return rings.filter((ring) => ring.length > 0);
}

/** @param {Pair} position @returns {string} a line of the text */
export function shown([longitude, latitude]) {
  return `${plain(latitude)}, ${plain(longitude)}`;
}

/** @param {number} value @returns {string} to four decimals: eleven metres */
function plain(value) {
  return String(Math.round(value * 10_000) / 10_000 || 0);
}

/** @param {Pair} one @param {Pair} other @returns {number} metres on the sphere */
export function distance(one, other) {
  const radians = Math.PI / 180;
  const [lon, lat] = [(other[0] - one[0]) * radians, (other[1] - one[1]) * radians];
  const part = Math.sin(lat / 2) ** 2 + Math.cos(one[1] * radians) * Math.cos(other[1] * radians) * Math.sin(lon / 2) ** 2;
  return 2 * 6_371_009 * Math.asin(Math.min(1, Math.sqrt(part)));
}
