import assert from "node:assert/strict";
import { test } from "node:test";

import { positionKeeper } from "../../../../console/static/js/stream/position.js";
import { eventParser } from "../../../../console/static/js/stream/sse.js";
import { retryDelay, streamState } from "../../../../console/static/js/stream/state.js";

const STREAM =
  "retry: 1000\nid: 41\n: connected\n\nid: 44\nevent: batch\ndata: {\"a\":\ndata: 1}\n\n" +
  ": still here\n\nevent: heartbeat\r\ndata:x\r\n\r\nid: 45\rdata: last\r\r";

const BLOCKS = [
  { event: "message", id: "41", data: "" },
  { event: "batch", id: "44", data: '{"a":\n1}' },
  { event: "heartbeat", id: "44", data: "x" },
  { event: "message", id: "45", data: "last" },
];

test("a stream is read the same in whatever pieces it comes", () => {
  for (let size = 1; size <= STREAM.length; size += 1) {
    const parse = eventParser();
    const found = [];
    for (let at = 0; at < STREAM.length; at += size) found.push(...parse(STREAM.slice(at, at + size)));
    found.push(...parse("\n"));
    assert.deepEqual(found, BLOCKS, `in pieces of ${size}`);
  }
});

test("a stream cut off in the middle of an event gives nothing of it", () => {
  const parse = eventParser();
  assert.deepEqual(parse("event: batch\ndata: {}\n"), []);
});

test("a batch that follows is new, one that came is seen, one beyond is a gap", () => {
  const position = positionKeeper();
  position.begin(10);
  assert.equal(position.take({ after: 10, through: 14 }), "new");
  assert.equal(position.take({ after: 10, through: 14 }), "seen");
  assert.equal(position.take({ after: 12, through: 16 }), "new");
  assert.equal(position.take({ after: 20, through: 25 }), "gap");
  assert.deepEqual(position.gaps, [{ after: 16, through: 20 }]);
  assert.equal(position.through, 25);
});

test("a gap is closed by what is fetched, also in parts", () => {
  const position = positionKeeper(0);
  position.take({ after: 30, through: 31 });
  position.filled({ after: 10, through: 20 });
  assert.deepEqual(position.gaps, [
    { after: 0, through: 10 },
    { after: 20, through: 30 },
  ]);
  position.filled({ after: 0, through: 10 });
  position.filled({ after: 15, through: 40 });
  assert.deepEqual(position.gaps, []);
});

test("a stream that begins beyond what is known has left a gap", () => {
  const position = positionKeeper(5);
  position.begin(9);
  assert.deepEqual(position.gaps, [{ after: 5, through: 9 }]);
  position.forget();
  assert.deepEqual([position.gaps, position.through], [[], null]);
});

/** @type {import("../../../../console/static/js/stream/state.js").Signs} */
const WELL = { held: false, online: true, connected: true, heard: 10000, lost: null };

for (const [name, signs, now, state] of /** @type {const} */ ([
  ["all is well", {}, 10500, "LIVE"],
  ["the person holds the view", { held: true }, 10500, "HELD"],
  ["no heartbeat for three seconds and a half", {}, 13500, "STALE"],
  ["a held view goes stale, too", { held: true }, 13500, "STALE"],
  ["the stream has just ended in good order", { connected: false, lost: 10000 }, 10900, "LIVE"],
  ["the stream is gone", { connected: false, lost: 10000 }, 11000, "RECONNECTING"],
  ["it is gone for long", { connected: false, lost: 10000 }, 40000, "OFFLINE"],
  ["the browser has no network", { online: false }, 10100, "OFFLINE"],
  ["the page has just begun", { connected: false, heard: null, lost: 10000 }, 10001, "RECONNECTING"],
])) {
  test(`the pill says ${state} when ${name}`, () => {
    assert.equal(streamState({ ...WELL, ...signs }, now), state);
  });
}

test("tries come further and further apart, and never further than ten seconds", () => {
  assert.equal(retryDelay(0, 0.5), 0);
  const delays = Array.from({ length: 12 }, (_, index) => retryDelay(index + 1, 0.5));
  assert.deepEqual(delays.slice(0, 4), [250, 500, 1000, 2000]);
  assert.ok(delays.every((delay) => delay <= 10000));
});
