// Times as text, as the server reads them (console/forms/moments.py). Pure.

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DATE = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):?(\d{2})(?::(\d{2})(?:\.\d{1,6})?)? ?(Z|[+-]\d{2}:?\d{2})?$/;
const GROUP = /^(\d{2}) ?(\d{2})(\d{2}) ?Z ?([A-Z]{3}) ?(\d{2}|\d{4})$/;

/** @param {string} text @returns {Date | null} null where it is no instant */
export function readMoment(text) {
  const typed = text.toUpperCase().trim().replace(/\s+/g, " ");
  const date = DATE.exec(typed);
  if (date !== null) {
    const [, year, month, day, hour, minute, second, offset] = date;
    return instant([year, month, day, hour, minute, second ?? "0"], minutesOf(offset));
  }
  const found = GROUP.exec(typed);
  const month = MONTHS.indexOf(found?.[4] ?? "") + 1;
  if (found === null || month === 0) return null;
  const year = (found[5] ?? "").padStart(4, "20");
  return instant([year, String(month), found[1], found[2], found[3], "0"], 0);
}

/** @param {(string | undefined)[]} parts @param {number} offset minutes @returns {Date | null} */
function instant(parts, offset) {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  const at = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const same = at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
  if (!same || hour > 23 || minute > 59 || second > 59) return null;
  return new Date(at.getTime() - offset * 60_000);
}

/** @param {string | undefined} text @returns {number} */
function minutesOf(text) {
  if (text === undefined || text === "Z") return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return text.startsWith("-") ? -minutes : minutes;
}

/** @param {number} value @returns {string} */
const two = (value) => String(value).padStart(2, "0");

/** @param {Date} at @returns {string} the date-time group: 221405ZNOV26 */
export function group(at) {
  const month = MONTHS[at.getUTCMonth()];
  return `${two(at.getUTCDate())}${two(at.getUTCHours())}${two(at.getUTCMinutes())}Z${month}${two(at.getUTCFullYear() % 100)}`;
}

/** @param {Date} at @returns {string} as it stands in a field */
export function shown(at) {
  return `${at.toISOString().slice(0, 16).replace("T", " ")}Z`;
}
