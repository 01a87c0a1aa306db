// Areas: filled, outlined, hatched for FLASH and IMMEDIATE, dashed for exercises.

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./scene.js").Item} Item */
/** @typedef {import("./paint.js").Colour} Colour */

/** @type {Record<string, string>} */
const TOKENS = { FLASH: "flash", IMMEDIATE: "imm", PRIORITY: "prio", ROUTINE: "rout-text" };
const HATCHED = new Set(["FLASH", "IMMEDIATE"]);

/** @type {Map<string, CanvasPattern>} */
const patterns = new Map();

/** @param {Item} item @param {Colour} colour */
export function colourOf(item, colour) {
  return colour(TOKENS[item.precedence] ?? "rout-text");
}

/** @param {CanvasRenderingContext2D} context @param {string} colour @returns {CanvasPattern | null} */
function hatch(context, colour) {
  const known = patterns.get(colour);
  if (known !== undefined) return known;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  if (pen === null) return null;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.4;
  for (const shift of [-8, 0, 8]) {
    pen.moveTo(shift - 1, 9);
    pen.lineTo(shift + 9, -1);
  }
  pen.stroke();
  const made = context.createPattern(tile, "repeat");
  if (made !== null) patterns.set(colour, made);
  return made;
}

/**
 * The last in order first, so that what is most urgent lies on top.
 * @param {CanvasRenderingContext2D} context @param {View} view @param {readonly Item[]} items
 * @param {string | null} chosen @param {Colour} colour
 */
export function paintAreas(context, view, items, chosen, colour) {
  for (const item of [...items].reverse()) {
    const tone = colourOf(item, colour);
    const picked = item.key === chosen;
    context.fillStyle = tone;
    context.globalAlpha = picked ? 0.3 : 0.16;
    for (const path of item.fills) context.fill(path, "evenodd");
    if (HATCHED.has(item.precedence) && !item.exercise) {
      const lines = hatch(context, tone);
      if (lines !== null) {
        lines.setTransform(new DOMMatrix().scale(1 / view.scale));
        context.fillStyle = lines;
        context.globalAlpha = 0.55;
        for (const path of item.fills) context.fill(path, "evenodd");
      }
    }
    context.globalAlpha = 1;
    context.strokeStyle = tone;
    context.lineWidth = (picked ? 3 : 1.6) / view.scale;
    context.setLineDash(item.exercise ? [7 / view.scale, 5 / view.scale] : []);
    context.stroke(item.line);
    context.setLineDash([]);
    for (const [x, y] of item.points) point(context, x, y, 6 / view.scale);
  }
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} size */
function point(context, x, y, size) {
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.lineTo(x - size, y);
  context.closePath();
  context.stroke();
}

/**
 * The item under a pixel, the topmost.
 * @param {CanvasRenderingContext2D} context in the transform of a world
 * @param {readonly Item[]} items @param {number} x @param {number} y @returns {Item | undefined}
 */
export function itemUnder(context, items, x, y) {
  return items.find((item) => item.fills.some((path) => context.isPointInPath(path, x, y, "evenodd")));
}
