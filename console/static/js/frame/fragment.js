/** Parts of pages, rendered by the server: loaded as a document and imported, never as a string of markup. */

import { csrf, root } from "./root.js";
import { reportSignedOut } from "./signed_out.js";

/** The server's answer was no success. */
export class FragmentRefused extends Error {
  /** @param {number} status @param {Document | null} page */
  constructor(status, page) {
    super(`status ${status}`);
    this.status = status;
    /** The state that the server rendered, if it did. */
    this.page = page;
  }
}

/**
 * Load `{root}{path}` and give the children of its body, imported into this document.
 * @param {string} path begins with a slash; addresses that begin with the root are taken as they are
 * @param {{ method?: string, form?: FormData | URLSearchParams, signal?: AbortSignal }} [options]
 * @returns {Promise<DocumentFragment>}
 */
export function loadFragment(path, options = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(options.method ?? "GET", root && path.startsWith(`${root}/`) ? path : root + path);
    request.responseType = "document";
    request.setRequestHeader("X-Requested-With", "fragment");
    if (options.form) request.setRequestHeader("X-CSRF-Token", csrf());
    request.onload = () => {
      if (request.status === 401) reportSignedOut();
      const page = request.responseXML;
      if (request.status >= 400 || page === null) reject(new FragmentRefused(request.status, page));
      else resolve(imported(page));
    };
    request.onerror = () => reject(new FragmentRefused(0, null));
    request.onabort = () => reject(new DOMException("aborted", "AbortError"));
    options.signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send(options.form ?? null);
  });
}

/**
 * The children of a loaded document's body, as nodes of this one.
 * @param {Document} page
 * @returns {DocumentFragment}
 */
export function imported(page) {
  const holder = document.createDocumentFragment();
  for (const node of [...page.body.childNodes]) {
    if (node instanceof HTMLScriptElement || node.nodeName === "SCRIPT") continue;
    holder.append(document.importNode(node, true));
  }
  return holder;
}
