// The rows that came with the page: they stand until the list has been read, and go when it draws its own.

/** @param {HTMLElement} body where rows stand */
export function firstRows(body) {
  return {
    /** How many stand. */
    get count() {
      return body.dataset["first"] === undefined ? 0 : body.childElementCount;
    },
    /** The list knows what to show. */
    leave() {
      if (body.dataset["first"] === undefined) return;
      delete body.dataset["first"];
      body.replaceChildren();
    },
  };
}
