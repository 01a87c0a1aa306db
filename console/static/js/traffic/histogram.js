// Messages over time, stacked by precedence; dragging over it sets the span of the filter.

import { number, t } from "../frame/wording.js";
import { bars as askBars } from "./api.js";
import { PRECEDENCES } from "./row_words.js";

/** @typedef {import("./api.js").Bars} Bars */

const REFRESH = 5000;
const HEIGHT = 56;

/**
 * @param {HTMLElement} section
 * @param {() => string} query
 * @param {(after: string, before: string) => void} choose
 */
export function openHistogram(section, query, choose) {
  const place = /** @type {HTMLElement} */ (section.querySelector(".histogram-chart"));
  const table = /** @type {HTMLDetailsElement} */ (section.querySelector("details"));
  const rows = /** @type {HTMLElement} */ (section.querySelector("tbody"));
  /** @type {Bars | null} */
  let shown = null;
  /** @type {UPlotChart | null} */
  let chart = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const colour = (/** @type {string} */ name) => getComputedStyle(section).getPropertyValue(name).trim();

  function make() {
    const axis = { stroke: colour("--tx3"), font: "11px 'JetBrains Mono', monospace", ticks: { show: false } };
    const paths = uPlot.paths.bars({ size: [0.72, 18], align: 1 });
    const fills = { ROUTINE: "--rout", PRIORITY: "--prio", IMMEDIATE: "--imm", FLASH: "--flash" };
    const series = [...PRECEDENCES].reverse().map((name) => {
      const fill = colour(fills[name]);
      return { label: name, fill, stroke: fill, width: 0, paths, points: { show: false } };
    });
    chart = new uPlot(
      {
        width: Math.max(200, place.clientWidth),
        height: HEIGHT,
        padding: [6, 20, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
        scales: { x: { time: true }, y: { range: (/** @type {unknown} */ _, /** @type {number} */ __, /** @type {number} */ top) => [0, Math.max(4, top)] } },
        axes: [
          { ...axis, size: 18, gap: 2, space: 90, grid: { show: false }, values: (/** @type {unknown} */ _, /** @type {number[]} */ at) => at.map(zulu) },
          { ...axis, size: 40, gap: 4, space: 13, grid: { stroke: colour("--line"), width: 1 }, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000], values: counted },
        ],
        series: [{}, ...series],
        hooks: { setSelect: [selected] },
      },
      [[], [], [], [], []],
      place,
    );
  }

  /** Nought is left out: it would stand on the first time. @param {unknown} _ @param {number[]} at */
  function counted(_, at) {
    return at.map((each) => (each === 0 ? "" : number(each)));
  }

  /** @param {UPlotChart} of */
  function selected(of) {
    const { left, width } = of.select;
    if (width < 4) return;
    const from = of.posToVal(left, "x");
    const to = of.posToVal(left + width, "x");
    of.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    choose(instant(from), instant(to));
  }

  /** @param {Bars} bars */
  function draw(bars) {
    shown = bars;
    if (!chart) make();
    const begin = Date.parse(bars.begin) / 1000;
    const count = Math.round((Date.parse(bars.end) / 1000 - begin) / bars.seconds);
    const times = Array.from({ length: count }, (_, index) => begin + index * bars.seconds);
    const place = (/** @type {import("./api.js").Bar} */ bar) => Math.round((Date.parse(bar.begins_at) / 1000 - begin) / bars.seconds);
    const found = new Map(bars.buckets.map((bar) => [place(bar), bar.counts]));
    /** @type {number[]} */
    let below = times.map(() => 0);
    const stacked = PRECEDENCES.map((name) => {
      below = below.map((sum, index) => sum + (found.get(index)?.[name] ?? 0));
      return below;
    });
    chart?.setData([times, ...stacked.reverse()]);
    if (table.open) list();
  }

  /** The same figures as a table, minute by minute, each with a way to choose it without dragging. */
  function list() {
    /** @type {Map<number, Record<string, number>>} */
    const minutes = new Map();
    for (const bucket of shown?.buckets ?? []) {
      const minute = Math.floor(Date.parse(bucket.begins_at) / 60000);
      const sums = minutes.get(minute) ?? {};
      for (const name of PRECEDENCES) sums[name] = (sums[name] ?? 0) + (bucket.counts[name] ?? 0);
      minutes.set(minute, sums);
    }
    const lines = [...minutes].reverse().map(([minute, sums]) => {
      const line = document.createElement("tr");
      const head = document.createElement("th");
      head.scope = "row";
      const button = document.createElement("button");
      button.type = "button";
      button.className = "link m";
      button.textContent = zulu(minute * 60);
      button.setAttribute("aria-label", t("traffic.live.only_minute", { time: zulu(minute * 60) }));
      button.addEventListener("click", () => choose(instant(minute * 60), instant((minute + 1) * 60)));
      head.append(button);
      const cells = PRECEDENCES.map((name) => {
        const cell = document.createElement("td");
        cell.className = "m";
        cell.textContent = String(sums[name] ?? 0);
        return cell;
      });
      line.append(head, ...cells);
      return line;
    });
    rows.replaceChildren(...lines);
  }

  async function refresh() {
    clearTimeout(timer);
    if (!document.hidden) {
      const asked = query();
      try {
        const bars = await askBars(asked);
        if (asked === query()) draw(bars);
        section.classList.remove("failed");
      } catch {
        section.classList.add("failed");
      }
    }
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), REFRESH);
  }

  table.addEventListener("toggle", list);
  new ResizeObserver(() => chart?.setSize({ width: Math.max(200, place.clientWidth), height: HEIGHT })).observe(place);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void refresh();
  });
  return { refresh: () => void refresh() };
}

/** @param {number} seconds */
function zulu(seconds) {
  const text = new Date(seconds * 1000).toISOString();
  return `${text.slice(11, 13)}${text.slice(14, 16)}Z`;
}

/** @param {number} seconds */
function instant(seconds) {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}
