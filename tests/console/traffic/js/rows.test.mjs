import assert from "node:assert/strict";
import { test } from "node:test";

import { oneLine as visible } from "../../../../console/static/js/frame/visible.js";
import { highest } from "../../../../console/static/js/frame/highest.js";
import { coverOf } from "../../../../console/static/js/traffic/marking.js";
import { filterOf, queryOf, searchOf, toggled, withSpan } from "../../../../console/static/js/traffic/query.js";
import { shortDtg, standingOf, ticksOf } from "../../../../console/static/js/traffic/row_words.js";
import { scrollToShow, windowOf } from "../../../../console/static/js/traffic/window.js";
import { row } from "./made_rows.mjs";

test("the list's date-time group has day and seconds, in Zulu", () => {
  assert.equal(shortDtg("2026-11-22T01:46:23.987Z"), "22 0146:23Z");
  assert.equal(shortDtg("2026-11-22T01:46:23+02:00"), "21 2346:23Z");
  assert.equal(shortDtg("nonsense"), "");
});

for (const [name, text, shown] of /** @type {const} */ ([
  ["a right-to-left override", "a\u202eb", "a⟦U+202E⟧b"],
  ["a zero-width space", "a\u200bb", "a⟦U+200B⟧b"],
  ["NUL", "a\0b", "a⟦U+0000⟧b"],
  ["a tag character beyond the first plane", "a\u{e0041}b", "a⟦U+E0041⟧b"],
  ["a line separator", "a\u2028b", "a⟦U+2028⟧b"],
  ["line breaks", "a\r\n\tb", "a⟦U+000D⟧⟦U+000A⟧⟦U+0009⟧b"],
  ["markup", "<b>&amp;</b>", "<b>&amp;</b>"],
  ["letters of any script", "Zażółć الخليج 日本 é", "Zażółć الخليج 日本 é"],
])) {
  test(`visible: ${name}`, () => assert.equal(visible(text), shown));
}

test("ticks stand in the order of codes and only own messages have them", () => {
  const copies = [
    { nation: "XDD", role: "info", state: "queued", overdue: false },
    { nation: "XBB", role: "action", state: "acknowledged", overdue: false },
    { nation: "XCC", role: "action", state: "delivered", overdue: true },
  ];
  assert.equal(ticksOf(row(1, { copies })), null);
  const flash = ticksOf(row(1, { direction: "out", precedence: "FLASH", copies }));
  assert.deepEqual(flash?.marks.map((mark) => [mark.nation, mark.tick, mark.overdue]), [
    ["XBB", "acknowledged", false],
    ["XCC", "delivered", true],
    ["XDD", "hollow", false],
  ]);
  assert.deepEqual([flash?.acknowledged, flash?.of], [1, 3]);
  const routine = ticksOf(row(1, { direction: "out", precedence: "ROUTINE", copies }));
  assert.ok(routine?.marks.every((mark) => !mark.overdue), "what is overdue at ROUTINE stays grey");
});

test("a message that is no longer current says so", () => {
  assert.equal(standingOf(row(1)), null);
  assert.equal(standingOf(row(1, { expired: true })), "EXPIRED");
  assert.equal(standingOf(row(1, { status: "RECALLED", expired: true })), "RECALLED");
});

test("the band covers the highest of what is shown and lists only what is true of all", () => {
  assert.equal(coverOf([]), null);
  const low = row(1);
  const high = row(2, { classification: "NATO SECRET", marking: "NATO SECRET XAA Only", level: 3, mode: "OPERATION" });
  const other = row(3, { policy: "NORDEFCO", classification: "SECRET", marking: null, level: 3 });
  assert.deepEqual(coverOf([low]), {
    level: 1,
    text: "NATO RESTRICTED XAA, XBB Only",
    policy: "NATO",
    classification: "NATO RESTRICTED",
    mode: low.mode,
    differs: false,
  });
  const both = coverOf([low, high]);
  assert.deepEqual([both?.level, both?.text], [3, "NATO SECRET"]);
  assert.deepEqual([both?.mode, both?.differs], ["", true], "an operation among exercises is not called one");
  const several = coverOf([high, low, other]);
  assert.deepEqual([several?.text, several?.policy], ["NATO SECRET / SECRET", ""]);
});

test("what stands above a page is covered by its bands, too", () => {
  const own = { text: "NATO RESTRICTED XBB Only", level: 1, mode: "EXERCISE" };
  const flash = { text: "NATO SECRET Releasable to XCC", level: 3, mode: "EXERCISE", policy: "NATO" };
  const both = highest([own, flash]);
  assert.deepEqual([both?.text, both?.level, both?.policy], ["NATO SECRET", 3, "NATO"]);
  assert.deepEqual([both?.differs, both?.mode], [true, "EXERCISE"]);
  assert.equal(highest([own, { ...flash, level: 1, mode: "" }])?.text, "NATO RESTRICTED / NATO SECRET");
  assert.equal(highest([own, { ...flash, mode: "" }])?.mode, "", "an operation among exercises");
  assert.deepEqual(highest([own])?.text, own.text);
  const page = { text: "NATO SECRET ATOMAL / NATO SECRET", level: 3, differs: true };
  const shared = highest([page, { text: "NATO SECRET XBB Only", level: 3 }]);
  assert.equal(shared?.text, "NATO SECRET ATOMAL / NATO SECRET", "a category stays, what is said is not said twice");
  const many = ["A", "B", "C", "D", "E"].map((name) => ({ text: `SECRET ${name}`, classification: "SECRET", level: 3 }));
  assert.equal(highest(many)?.text, "SECRET", "no partner's categories fill the screen");
  assert.equal(highest([]), null);
});

test("the filter goes to the address and back, and leaves the rest of the address alone", () => {
  const filter = filterOf("?q=from%3AXBB+%22two+words%22&prec=ROUTINE,FLASH,NONSENSE&open=out/7");
  assert.deepEqual(filter, { words: 'from:XBB "two words"', precedences: ["FLASH", "ROUTINE"] });
  assert.equal(queryOf(filter), 'from:XBB "two words" prec:FLASH,ROUTINE');
  assert.deepEqual(filterOf(searchOf(filter, "")), filter);
  assert.equal(new URLSearchParams(searchOf(filter, "?open=out/7")).get("open"), "out/7");
  assert.equal(searchOf({ words: "", precedences: [] }, "?q=x&prec=FLASH"), "");
});

test("switching on every precedence is switching on none", () => {
  let filter = filterOf("?prec=FLASH,IMMEDIATE,PRIORITY");
  filter = toggled(filter, "ROUTINE");
  assert.deepEqual(filter.precedences, []);
  assert.deepEqual(toggled(filter, "FLASH").precedences, ["FLASH"]);
});

test("a span of time replaces the span in the words, but no word in quotes", () => {
  const words = 'from:XBB after:-15m "before: noon" before:2026-11-22T10:00Z';
  assert.equal(withSpan(words, "A", "B"), 'from:XBB "before: noon" after:A before:B');
  assert.equal(withSpan(words, null, null), 'from:XBB "before: noon"');
});

test("only what is near the eye stands in the document", () => {
  const seen = windowOf({ scrollTop: 3000, height: 600, rowHeight: 30, count: 10000 });
  assert.ok(seen.first <= 100 && seen.last >= 120 && seen.last - seen.first < 60);
  assert.deepEqual(windowOf({ scrollTop: 9e9, height: 600, rowHeight: 30, count: 3 }), { first: 3, last: 3 });
  assert.deepEqual(windowOf({ scrollTop: -50, height: 600, rowHeight: 30, count: 0 }), { first: 0, last: 0 });
});

test("the view scrolls just far enough to show a row", () => {
  const scroller = { scrollTop: 300, height: 300, rowHeight: 30 };
  assert.equal(scrollToShow(scroller, 12), 300);
  assert.equal(scrollToShow(scroller, 2), 60);
  assert.equal(scrollToShow(scroller, 20), 330);
});
