import assert from "node:assert/strict";
import { test } from "node:test";

import { distance, readPosition, readRings, shown as positionShown } from "../../../../console/static/js/compose/area_text.js";
import { group, readMoment, shown } from "../../../../console/static/js/compose/moment_text.js";
import { matches } from "../../../../console/static/js/compose/offers.js";

test("times are read in Zulu or not at all, as the server reads them", () => {
  for (const text of ["2026-11-22 14:05Z", "2026-11-22T14:05", "221405ZNOV26", "22 1405Z NOV 2026", "2026-11-22 15:05+01:00"]) {
    assert.equal(readMoment(text)?.toISOString(), "2026-11-22T14:05:00.000Z", text);
  }
  for (const text of ["", "soon", "2026-13-01 10:00Z", "2026-02-30 10:00Z", "321405ZNOV26", "221405ZFOO26", "2026-11-22 24:00Z"]) {
    assert.equal(readMoment(text), null, text);
  }
});

test("a time is shown as its group and as it stands in a field", () => {
  const at = new Date("2026-11-02T04:05:00Z");
  assert.equal(group(at), "020405ZNOV26");
  assert.equal(readMoment(shown(at))?.getTime(), at.getTime());
});

test("positions are read latitude first unless letters say otherwise", () => {
  for (const text of ["59.5, 24.25", "59.5 24.25", "59.5N 24.25E", "24.25E, 59.5N", "59°30′N 24°15.0′E", "59 30N 024 15E", "N59.5 E24.25"]) {
    assert.deepEqual(readPosition(text), [24.25, 59.5], text);
  }
  assert.deepEqual(readPosition("10.5S; 20W"), [-20, -10.5]);
  for (const text of ["", "59.5", "91, 10", "10, 181", "59N 24N", "north, east", "1,2,3", "59 61N 24 10E"]) {
    assert.equal(readPosition(text), null, text);
  }
});

test("a position that is shown is read back", () => {
  assert.deepEqual(readPosition(positionShown([-24.12344, 59.1])), [-24.1234, 59.1]);
});

test("rings end at empty lines and at holes; what is no position is passed over", () => {
  assert.deepEqual(readRings("1, 2\nhalf a\n3, 4\n\n5, 6\n-\n7, 8"), [[[2, 1], [4, 3]], [[6, 5]], [[8, 7]]]);
  assert.deepEqual(readRings(""), []);
});

test("distances are those of the sphere", () => {
  assert.equal(Math.round(distance([0, 0], [0, 1]) / 100), 1112);
  assert.equal(distance([24, 60], [24, 60]), 0);
});

test("codes come before names, accents and case do not count, what is chosen is not offered", () => {
  const offers = [
    { code: "FIN", name: "Finland", members: [] },
    { code: "CIV", name: "Côte d'Ivoire", members: [] },
    { code: "NORDIC", name: "Finland and others", members: ["FIN"] },
  ];
  assert.deepEqual(matches(offers, "fin", []).map((each) => each.code), ["FIN", "NORDIC"]);
  assert.deepEqual(matches(offers, "COTE", []).map((each) => each.code), ["CIV"]);
  assert.deepEqual(matches(offers, "", ["FIN"]).map((each) => each.code), ["CIV", "NORDIC"]);
});
