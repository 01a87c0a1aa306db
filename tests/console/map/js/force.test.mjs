import assert from "node:assert/strict";
import { test } from "node:test";

import { inForce, spanOf, stepOf } from "../../../../console/static/js/map/force.js";

const NOW = Date.UTC(2026, 10, 22, 1, 46);
const HOUR = 3_600_000;

test("an item is in force from its start up to its end", () => {
  const item = { starts: NOW, ends: NOW + HOUR };
  assert.deepEqual([NOW - 1, NOW, NOW + HOUR - 1, NOW + HOUR].map((at) => inForce(item, at)), [false, true, true, false]);
  assert.equal(inForce({ starts: NOW, ends: null }, NOW + 1e12), true);
});

test("the slider covers what comes, but not years", () => {
  const soon = spanOf([{ starts: NOW - HOUR, ends: NOW + 40 * HOUR }], NOW);
  assert.ok(soon.from <= NOW - 6 * HOUR && soon.to >= NOW + 40 * HOUR);
  const far = spanOf([{ starts: NOW - 9e10, ends: NOW + 9e10 }], NOW);
  assert.ok(far.to <= NOW + 15 * 24 * HOUR && far.from >= NOW - 3 * 24 * HOUR);
  const none = spanOf([], NOW);
  assert.ok(none.from < NOW && none.to > NOW);
  for (const span of [soon, far, none]) assert.ok((span.to - span.from) / stepOf(span) <= 200);
});
