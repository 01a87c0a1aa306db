import assert from "node:assert/strict";
import { test } from "node:test";

import * as outline from "../../../../console/static/js/map/outline.js";

const SQUARE = [[20, 57], [21, 57], [21, 58], [20, 58], [20, 57]];
const AT_180 = [[170, 0], [180, 0], [180, 10], [170, 10], [170, 0]];

test("a slanted edge is drawn in pieces that end where it ends", () => {
  const pieces = outline.bent([[0, 0], [10, 40]]);
  assert.equal(pieces.length, 41);
  assert.deepEqual(outline.bent([[0, 0], [10, 0]]).length, 2);
  assert.deepEqual(outline.bent([[5, 0], [5, 60]]).length, 2);
});

test("nothing is stroked along longitude 180 and along a pole", () => {
  assert.deepEqual(outline.strokes(SQUARE), [SQUARE]);
  assert.deepEqual(outline.strokes(AT_180), [
    [[170, 0], [180, 0]],
    [[180, 10], [170, 10], [170, 0]],
  ]);
  assert.deepEqual(outline.strokes([[0, 80], [90, 90], [0, 90], [0, 80]]), [
    [[0, 80], [90, 90]],
    [[0, 90], [0, 80]],
  ]);
});

test("every polygon and point of an area is found", () => {
  const none = { geometry: null, circles: [] };
  assert.deepEqual(outline.polygonsOf(none), []);
  assert.deepEqual(outline.polygonsOf({ ...none, geometry: { type: "Polygon", coordinates: [SQUARE] } }), [[SQUARE]]);
  const two = { type: "MultiPolygon", coordinates: [[SQUARE], [AT_180]] };
  assert.equal(outline.polygonsOf({ ...none, geometry: two }).length, 2);
  const points = { geometry: { type: "Point", coordinates: [1, 2] }, circles: [{ longitude: 3, latitude: 4, radius_m: 0 }] };
  assert.deepEqual(outline.pointsOf(points), [[3, 4], [1, 2]]);
});

test("the label stands in the middle, whichever way the ring runs", () => {
  for (const ring of [SQUARE, [...SQUARE].reverse()]) {
    const [x, y] = outline.middle(ring);
    assert.ok(Math.abs(x - 20.5) < 1e-9 && Math.abs(y - 57.5) < 1e-9);
  }
  assert.equal(outline.anchor([{ geometry: null, circles: [] }]), null);
  assert.deepEqual(outline.anchor([{ geometry: null, circles: [{ longitude: 1, latitude: 2, radius_m: 9 }] }]), [1, 2]);
});

test("what bounds a circle lies as far as its radius, the whole way round near a pole", () => {
  const wide = outline.extent([{ geometry: null, circles: [{ longitude: 0, latitude: 89, radius_m: 500000 }] }]);
  assert.ok(wide.some(([longitude]) => longitude >= 179));
  const small = outline.extent([{ geometry: null, circles: [{ longitude: 10, latitude: 0, radius_m: 111195 }] }]);
  assert.ok(Math.abs(Math.min(...small.map(([longitude]) => longitude)) - 9) < 0.01);
});
