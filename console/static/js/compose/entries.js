// What a form would send, as text: the same for the preview, for rows and for the draft that is kept.

/**
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} [further] what a button would add
 * @returns {URLSearchParams} url-encoded, for a form may have more fields than a server takes as multipart
 */
export function entriesOf(form, further = {}) {
  const entries = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") entries.append(name, value);
  }
  for (const [name, value] of Object.entries(further)) entries.append(name, value);
  return entries;
}

/** @param {string} text @returns {string} for a selector's attribute value */
export function quoted(text) {
  return `"${CSS.escape(text)}"`;
}
