// Moving the map: pointers, wheel, keys and the buttons. Everything that the pointer does the keys do, too.

import { moved, zoomed } from "./view.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./view.js").Pair} Pair */
/**
 * @typedef {object} Steering
 * @property {() => View} view
 * @property {(view: View) => void} show
 * @property {() => void} all show everything
 * @property {(pixel: Pair) => void} pick
 * @property {(pixel: Pair | null) => void} point the pointer's place; null where the keys move the map
 */

const KEY_STEP = 60;
const NEARER = 1.5;
/** Pixels that a press may tremble and still be a press. */
const STILL = 5;

/** @param {HTMLCanvasElement} canvas @param {Steering} steering */
export function steer(canvas, steering) {
  /** @type {Map<number, Pair>} */
  const pointers = new Map();
  let travelled = 0;

  /** @param {MouseEvent} event @returns {Pair} */
  const pixel = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, pixel(event));
    if (pointers.size === 1) travelled = 0;
  });

  canvas.addEventListener("pointermove", (event) => {
    const at = pixel(event);
    steering.point(at);
    const before = pointers.get(event.pointerId);
    if (before === undefined) return;
    travelled += Math.hypot(at[0] - before[0], at[1] - before[1]);
    pointers.set(event.pointerId, at);
    if (travelled > STILL) drag(event.pointerId, before, at);
  });

  /** @param {number} id @param {Pair} before @param {Pair} at */
  function drag(id, before, at) {
    const other = [...pointers].find(([each]) => each !== id)?.[1];
    const view = steering.view();
    if (other === undefined) return steering.show(moved(view, before[0] - at[0], before[1] - at[1]));
    const apart = Math.hypot(before[0] - other[0], before[1] - other[1]);
    const now = Math.hypot(at[0] - other[0], at[1] - other[1]);
    return steering.show(zoomed(view, now / Math.max(apart, 1), [(at[0] + other[0]) / 2, (at[1] + other[1]) / 2]));
  }

  for (const name of /** @type {const} */ (["pointerup", "pointercancel"]))
    canvas.addEventListener(name, (event) => {
      if (!pointers.delete(event.pointerId)) return;
      if (name === "pointerup" && pointers.size === 0 && travelled <= STILL) steering.pick(pixel(event));
    });
  canvas.addEventListener("pointerleave", () => steering.point(null));

  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
      const factor = Math.exp(-Math.max(-200, Math.min(200, event.deltaY * lines)) / 300);
      steering.show(zoomed(steering.view(), factor, pixel(event)));
    },
    { passive: false },
  );

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
    steering.point(null);
  });

  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowLeft: () => steering.show(moved(steering.view(), -KEY_STEP, 0)),
    ArrowRight: () => steering.show(moved(steering.view(), KEY_STEP, 0)),
    ArrowUp: () => steering.show(moved(steering.view(), 0, -KEY_STEP)),
    ArrowDown: () => steering.show(moved(steering.view(), 0, KEY_STEP)),
    "+": () => steering.show(zoomed(steering.view(), NEARER)),
    "=": () => steering.show(zoomed(steering.view(), NEARER)),
    "-": () => steering.show(zoomed(steering.view(), 1 / NEARER)),
    0: () => steering.all(),
    Home: () => steering.all(),
  };

  for (const [id, key] of /** @type {const} */ ([["map-nearer", "+"], ["map-farther", "-"], ["map-all", "0"]]))
    document.getElementById(id)?.addEventListener("click", () => keys[key]?.());
}
