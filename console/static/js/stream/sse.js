// Parses a text/event-stream as it comes in pieces (HTML Standard, 9.2.6). Pure.

/**
 * One block of the stream. A block without data is kept, too: the gateway's first names the place where it begins.
 * @typedef {{event: string, id: string, data: string}} ServerEvent
 */

/** @returns {(piece: string) => ServerEvent[]} a function that takes the next piece and gives the blocks it completes */
export function eventParser() {
  let rest = "";
  let event = "";
  let id = "";
  let named = false;
  /** @type {string[]} */
  let data = [];

  /** @param {string} line */
  function take(line) {
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id" && !value.includes("\0")) {
      id = value;
      named = true;
    }
  }

  return (piece) => {
    /** @type {ServerEvent[]} */
    const complete = [];
    rest += piece;
    // A carriage return at the very end may be half of a CRLF: it waits for the next piece.
    const usable = rest.endsWith("\r") ? rest.length - 1 : rest.length;
    const lines = rest.slice(0, usable).split(/\r\n|\r|\n/);
    rest = (lines.pop() ?? "") + rest.slice(usable);
    for (const line of lines) {
      if (line !== "") {
        take(line);
        continue;
      }
      if (data.length > 0 || named) complete.push({ event: event || "message", id, data: data.join("\n") });
      event = "";
      data = [];
      named = false;
    }
    return complete;
  };
}
