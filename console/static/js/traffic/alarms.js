// Security alarms: that something was refused, never what it said. They stand apart from FLASH and look unlike it.

import { t } from "../frame/wording.js";
import { shortDtg } from "./row_words.js";

/** @typedef {import("./row.js").Alarm} Alarm */

/** One line per nation and reason, and of each nation its newest first, so that whoever makes many hides nobody else's. */
const SHOWN = 4;

/** @typedef {{alarm: Alarm, count: number}} Open */

/** @param {HTMLElement} bar */
export function openAlarms(bar) {
  const list = /** @type {HTMLElement} */ (bar.querySelector("ul"));
  /** What ends an alarm, by what began it. @type {Record<string, string>} */
  const ends = { "partner.heard": "partner.silent", "lane.cleared": "lane.alarm" };
  /** @type {Map<string, Open>} */
  const open = new Map();
  /** @type {Set<number>} */
  const seen = new Set();

  function show() {
    bar.hidden = open.size === 0;
    const inOrder = inTurn([...open.values()].reverse());
    const lines = inOrder.slice(0, SHOWN).map(({ alarm, count }) => {
      const line = document.createElement("li");
      const at = document.createElement("bdi");
      at.className = "m";
      at.dir = "ltr";
      at.textContent = shortDtg(alarm.at);
      const words = document.createElement("span");
      words.textContent = t(`traffic.live.alarm.${alarm.type.replace(".", "_")}`, { nation: alarm.nation ?? "?", n: count });
      const code = document.createElement("bdi");
      code.className = "m code";
      code.dir = "ltr";
      code.textContent = alarm.reason ?? alarm.state ?? "";
      line.append(at, " ", words, " ", code);
      return line;
    });
    if (inOrder.length > SHOWN) {
      const more = document.createElement("li");
      more.textContent = t("traffic.live.alarms_more", { n: inOrder.length - SHOWN });
      lines.push(more);
    }
    list.replaceChildren(...lines);
  }

  bar.querySelector("[data-act=dismiss]")?.addEventListener("click", () => {
    open.clear();
    show();
  });

  return {
    /** @param {readonly Alarm[]} alarms */
    take(alarms) {
      for (const alarm of alarms) {
        if (seen.has(alarm.event_seq)) continue;
        seen.add(alarm.event_seq);
        const ended = ends[alarm.type];
        if (ended) {
          for (const [key, { alarm: before }] of open) {
            if (before.type === ended && before.nation === alarm.nation) open.delete(key);
          }
          continue;
        }
        const key = `${alarm.type} ${alarm.nation ?? ""} ${alarm.reason ?? alarm.state ?? ""}`;
        const before = open.get(key)?.count ?? 0;
        open.delete(key);
        open.set(key, { alarm, count: before + (alarm.count ?? 1) });
      }
      if (alarms.length > 0) show();
    },
  };
}

/**
 * Every nation's newest, then every nation's second, and so on.
 * @param {Open[]} newestFirst
 */
function inTurn(newestFirst) {
  /** @type {Map<string, number>} */
  const turns = new Map();
  const placed = newestFirst.map((each) => {
    const nation = each.alarm.nation ?? "";
    const turn = turns.get(nation) ?? 0;
    turns.set(nation, turn + 1);
    return { each, turn };
  });
  return placed.sort((a, b) => a.turn - b.turn).map(({ each }) => each);
}
