import assert from "node:assert/strict";
import { test } from "node:test";

import * as view from "../../../../console/static/js/map/view.js";

const START = { x: 0, y: 0, scale: 1, width: 800, height: 600 };
/** @param {number} a @param {number} b @param {number} [by] */
const near = (a, b, by = 1e-6) => assert.ok(Math.abs(a - b) <= by, `${a} is not ${b}`);

test("places go to the plane and back", () => {
  for (const longitude of [-180, -73.5, 0, 25.25, 179.9])
    for (const latitude of [-85, -33.3, 0, 60.17, 85]) {
      const [back, up] = view.fromPlane(...view.toPlane(longitude, latitude));
      near(back, longitude);
      near(up, latitude);
    }
});

test("the poles stand at the edge of the plane", () => {
  near(view.toPlane(0, 90)[1], -1000, 1e-6);
  near(view.toPlane(0, -90)[1], 1000, 1e-6);
});

test("what lies under the pointer stays there when the view comes nearer", () => {
  let shown = view.settled({ ...START, x: 140, y: -300, scale: 3 });
  const at = view.placeAt(shown, [123, 456]);
  shown = view.zoomed(shown, 2.5, [123, 456]);
  const after = view.placeAt(shown, [123, 456]);
  near(after[0], at[0]);
  near(after[1], at[1]);
});

test("the view never leaves the world, nor shows less than the canvas of it", () => {
  const far = view.settled({ ...START, x: 5000, y: 9999, scale: 0.0001 });
  assert.ok(far.scale * 2000 >= 800);
  assert.ok(far.x >= -1000 && far.x < 1000);
  assert.ok(far.y + far.height / 2 / far.scale <= 1000 + 1e-9);
  assert.equal(view.zoomed(START, 1e9).scale, view.LARGEST);
});

test("a place beyond longitude 180 is drawn on the side that is nearer", () => {
  const shown = view.settled({ ...START, x: view.toPlane(179, 0)[0], y: 0, scale: 10 });
  const [x] = view.pixelOf(shown, view.toPlane(-179, 0));
  near(x, 400 + (2 / 360) * 2000 * 10, 1e-6);
});

test("moving east for ever comes round", () => {
  let shown = view.settled({ ...START, scale: 2 });
  for (let step = 0; step < 40; step += 1) shown = view.moved(shown, 100, 0);
  near(shown.x, view.wrapped(40 * 50, 1000));
});

test("a box around places is the short way round", () => {
  assert.deepEqual(view.boxAround([]), null);
  assert.deepEqual(view.boxAround([[20, 57]]), { west: 20, east: 20, south: 57, north: 57 });
  assert.deepEqual(view.boxAround([[10, 1], [30, 5]]), { west: 10, east: 30, south: 1, north: 5 });
  const across = view.boxAround([[179, 1], [-178, 5]]);
  assert.deepEqual(across, { west: 179, east: 182, south: 1, north: 5 });
});

test("what a view is fitted to lies within it", () => {
  for (const box of [
    { west: 20, east: 30, south: 57, north: 65 },
    { west: 179, east: 185, south: -20, north: -10 },
    { west: -180, east: 180, south: -80, north: 80 },
  ]) {
    const shown = view.fitted({ ...START }, box);
    for (const corner of [[box.west, box.south], [box.east - 1e-6, box.north]]) {
      const [x, y] = view.pixelOf(shown, view.toPlane(corner[0], corner[1]));
      if (box.east - box.west < 300) assert.ok(x >= 0 && x <= 800 && y >= 0 && y <= 600, `${box.west} ${x} ${y}`);
    }
  }
});

test("the read-out is in degrees and minutes", () => {
  assert.equal(view.degreesAndMinutes(20.5, 57.5), "57°30.0′N 020°30.0′E");
  assert.equal(view.degreesAndMinutes(-0.0001, -0.0001), "00°00.0′N 000°00.0′E");
  assert.equal(view.degreesAndMinutes(-73.99999, -0.5), "00°30.0′S 074°00.0′W");
  assert.equal(view.degreesAndMinutes(179.9999, 59.99999), "60°00.0′N 180°00.0′E");
});
