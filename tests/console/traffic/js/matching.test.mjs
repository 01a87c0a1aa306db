import assert from "node:assert/strict";
import { test } from "node:test";

import { firstSpan, openMatching } from "../../../../console/static/js/traffic/matching.js";
import { row } from "./made_rows.mjs";

/** A matching whose pauses are let pass by hand. @param {(q: string, from: number, to: number) => number[]} fits */
function made(fits) {
  /** @type {(() => void)[]} */
  const pauses = [];
  /** @type {[number[], number[]][]} */
  const judged = [];
  const matching = openMatching({
    ask: async (query, from, to) => ({ rows: fits(query, from, to).map((seq) => row(seq)), through: 0, event_seq: 1 }),
    judged: (fitting, others) => judged.push([fitting.map((each) => each.seq), others]),
    later: (action) => pauses.push(action),
  });
  const settle = async () => {
    for (let turn = 0; turn < 50; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      pauses.shift()?.();
    }
  };
  return { matching, judged, settle };
}

test("numbers that lie near are asked about together, far ones apart", () => {
  assert.deepEqual(firstSpan([900, 890, 860, 700, 1]), { from: 860, to: 900 });
  assert.deepEqual(firstSpan([5]), { from: 5, to: 5 });
  const many = Array.from({ length: 1000 }, (_, index) => 2000 - index);
  const { from, to } = firstSpan(many);
  assert.ok(to === 2000 && to - from < 400);
});

test("every row that came is judged, in as few questions as it takes", async () => {
  const { matching, judged, settle } = made((_, from, to) => [100, 102].filter((seq) => seq >= from && seq <= to));
  matching.use("from:XBB");
  matching.take([row(100), row(101)]);
  matching.take([row(102), row(7)]);
  await settle();
  assert.deepEqual(judged.flatMap(([fitting]) => fitting).sort(), [100, 102]);
  assert.deepEqual(judged.flatMap(([, others]) => others).sort(), [101, 7]);
});

test("what failed is asked again", async () => {
  let fails = 1;
  const { matching, judged, settle } = made(() => {
    if (fails-- > 0) throw new Error("gone");
    return [9];
  });
  matching.use("x");
  matching.take([row(9)]);
  await settle();
  assert.deepEqual(judged, [[[9], []]]);
});

test("an answer to the filter before is of no account", async () => {
  const { matching, judged, settle } = made(() => [9]);
  matching.use("old");
  matching.take([row(9)]);
  matching.use("new");
  await settle();
  assert.deepEqual(judged, []);
});
