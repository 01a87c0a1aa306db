// The fields that hold an area: positions in a text, circles in rows. The map shows what stands in them, and fills them.

import { quoted } from "./entries.js";
import { readRings, shown } from "./area_text.js";
import { addRow } from "./rows.js";

/** @typedef {import("./area_text.js").Pair} Pair */
/** @typedef {{ longitude: number, latitude: number, radius_m: number }} Circle */

/** @param {HTMLElement} geometry @param {HTMLFormElement} form */
export function fieldsOf(geometry, form) {
  const text = /** @type {HTMLTextAreaElement} */ (geometry.querySelector("[data-positions]"));
  const shape = /** @type {HTMLSelectElement} */ (geometry.querySelector("[data-shape]"));
  const list = text.name.replace(/\/[^/]*$/, "/circles");
  const selector = `[data-list=${quoted(list)}]`;

  /** @param {string} next */
  function write(next) {
    text.value = next;
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  return {
    text,
    get hasCircles() {
      return form.querySelector(selector) !== null;
    },
    get isPoint() {
      return shape.value === "Point";
    },
    get rings() {
      return readRings(text.value);
    },
    /** @returns {Circle[]} */
    get circles() {
      return [...form.querySelectorAll(`${selector} > [data-row]`)].flatMap((row) => {
        const values = ["longitude", "latitude", "radius_m"].map((name) => numberIn(row, name));
        const [longitude, latitude, radius_m] = values;
        return longitude === undefined || latitude === undefined || radius_m === undefined ? [] : [{ longitude, latitude, radius_m }];
      });
    },
    /** @param {Pair} position */
    add(position) {
      if (shape.value === "Point") write(shown(position));
      else write(`${text.value.replace(/\n+$/, "")}${text.value.trim() === "" ? "" : "\n"}${shown(position)}`);
    },
    /** Begins another polygon, where the shape has several. */
    end() {
      if (shape.value === "MultiPolygon" && text.value.trim() !== "") write(`${text.value.trimEnd()}\n\n`);
    },
    undo() {
      write(text.value.trimEnd().split("\n").slice(0, -1).join("\n"));
    },
    clear() {
      write("");
    },
    /** @param {Circle} circle */
    async addCircle(circle) {
      const empty = () => [...form.querySelectorAll(`${selector} > [data-row]`)].find((row) => fieldIn(row, "latitude")?.value === "");
      if (empty() === undefined) await addRow(form, list);
      const row = empty();
      for (const [name, value] of Object.entries(circle)) {
        const field = row === undefined ? null : fieldIn(row, name);
        if (field === null) continue;
        field.value = String(name === "radius_m" ? Math.round(value) : Math.round(value * 10_000) / 10_000);
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
    },
  };
}

/** @param {Element} row @param {string} name @returns {HTMLInputElement | null} */
function fieldIn(row, name) {
  return row.querySelector(`input[name$=${quoted(`/${name}`)}]`);
}

/** @param {Element} row @param {string} name @returns {number | undefined} */
function numberIn(row, name) {
  const text = fieldIn(row, name)?.value.trim();
  return text === undefined || text === "" || Number.isNaN(Number(text)) ? undefined : Number(text);
}
