import assert from "node:assert/strict";
import { test } from "node:test";

import { TrafficBuffer } from "../../../../console/static/js/traffic/buffer.js";
import { row, rows } from "./made_rows.mjs";

/** @param {TrafficBuffer} buffer */
const seqs = (buffer) => Array.from({ length: buffer.size }, (_, index) => buffer.seqAt(index));

test("rows are shown newest first, in whatever order they came", () => {
  const buffer = new TrafficBuffer();
  buffer.take([row(5), row(2), row(9), row(3)], 1);
  assert.deepEqual(seqs(buffer), [9, 5, 3, 2]);
  assert.equal(buffer.indexOf(3), 2);
  assert.equal(buffer.indexOf(4), -1);
});

test("a row that comes again replaces itself", () => {
  const buffer = new TrafficBuffer();
  buffer.take(rows(1, 3), 1);
  buffer.take([row(2, { subject: "changed" })], 2);
  assert.deepEqual(seqs(buffer), [3, 2, 1]);
  assert.equal(buffer.rowAt(1)?.subject, "changed");
});

test("an answer that is older than what the stream brought changes nothing", () => {
  const buffer = new TrafficBuffer();
  buffer.take([row(1, { subject: "new" })], 7);
  buffer.take([row(1, { subject: "old" })], 6);
  buffer.takeOlder([row(1, { subject: "old" }), row(0)], 6);
  assert.equal(buffer.rowAt(0)?.subject, "new");
  assert.deepEqual(seqs(buffer), [1, 0]);
});

test("a held view keeps its rows in place, counts what is new and loses nothing", () => {
  const buffer = new TrafficBuffer();
  buffer.take(rows(1, 5), 1);
  buffer.hold();
  const before = seqs(buffer);
  buffer.take([...rows(6, 9), row(3, { subject: "acknowledged" })], 2);
  buffer.take([row(2.5)], 3);
  buffer.take([row(7)], 4);
  buffer.remove([4]);
  assert.deepEqual(seqs(buffer), before);
  assert.equal(buffer.fresh, 5);
  assert.equal(buffer.rowAt(2)?.subject, "acknowledged");
  buffer.resume();
  assert.deepEqual(seqs(buffer), [9, 8, 7, 6, 5, 3, 2.5, 2, 1]);
  assert.equal(buffer.fresh, 0);
});

test("older pages go below a held view", () => {
  const buffer = new TrafficBuffer();
  buffer.take(rows(10, 12), 5);
  buffer.hold();
  buffer.takeOlder(rows(7, 10), 4);
  assert.deepEqual(seqs(buffer), [12, 11, 10, 9, 8, 7]);
});

test("beyond its limit the oldest go, and are counted", () => {
  const buffer = new TrafficBuffer(10, 20);
  buffer.take(rows(1, 14), 1);
  assert.equal(buffer.size, 10);
  assert.equal(buffer.seqAt(9), 5);
  assert.equal(buffer.dropped, 4);
});

test("a held view has room for twice as many, then loses its oldest, then the oldest that wait", () => {
  const buffer = new TrafficBuffer(10, 20);
  buffer.take(rows(1, 10), 1);
  buffer.hold();
  buffer.take(rows(11, 20), 2);
  assert.deepEqual([buffer.size, buffer.fresh, buffer.dropped], [10, 10, 0]);
  buffer.take(rows(21, 24), 3);
  assert.deepEqual([buffer.size, buffer.fresh, buffer.dropped], [6, 14, 4]);
  buffer.take(rows(25, 40), 4);
  assert.deepEqual([buffer.size, buffer.fresh, buffer.dropped], [0, 20, 20]);
  buffer.resume();
  assert.deepEqual([buffer.seqAt(0), buffer.size], [40, 10]);
});

test("what no longer fits goes; when it fits again it is back", () => {
  const buffer = new TrafficBuffer();
  buffer.take(rows(1, 3), 1);
  buffer.remove([2]);
  assert.deepEqual(seqs(buffer), [3, 1]);
  buffer.take([row(2)], 2);
  assert.deepEqual(seqs(buffer), [3, 2, 1]);
});

test("against a plain model: any mixture of batches, pages, holds and resumes ends in the same rows", () => {
  let random = 42;
  const next = (/** @type {number} */ below) => {
    random = (random * 1103515245 + 12345) % 2147483648;
    return random % below;
  };
  for (let round = 0; round < 200; round += 1) {
    const buffer = new TrafficBuffer(1000, 2000);
    const model = new Map();
    let through = 0;
    for (let step = 0; step < 40; step += 1) {
      through += 1;
      const some = Array.from({ length: next(6) }, () => row(next(80), { subject: `at ${through}` }));
      const kind = next(5);
      if (kind < 2) buffer.take(some, through);
      else if (kind === 2) buffer.takeOlder(some, through);
      else if (kind === 3) buffer.hold();
      else buffer.resume();
      if (kind <= 2) for (const each of some) model.set(each.seq, each.subject);
    }
    buffer.resume();
    assert.deepEqual(seqs(buffer), [...model.keys()].sort((a, b) => b - a));
    for (const [seq, subject] of model) assert.equal(buffer.rows.get(seq)?.subject, subject);
  }
});
