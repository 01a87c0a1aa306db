/** JSON from and to the console's own routes. */

import { csrf, root } from "./root.js";
import { reportSignedOut } from "./signed_out.js";

/** A refusal: `code` and `detail` of the problem. */
class CallRefused extends Error {
  /** @param {number} status @param {{ code?: string, detail?: string, pointer?: string }} problem */
  constructor(status, problem) {
    super(problem.code ?? `status ${status}`);
    this.status = status;
    this.code = problem.code ?? "";
    this.detail = problem.detail ?? "";
    this.pointer = problem.pointer ?? "";
  }
}

/**
 * @param {string} path without the root
 * @param {{ method?: string, body?: unknown, form?: URLSearchParams | FormData, signal?: AbortSignal }} [options]
 * @returns {Promise<any>} the parsed answer; null when it has none
 */
export async function call(path, options = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  const method = options.method ?? (options.body !== undefined || options.form ? "POST" : "GET");
  if (method !== "GET") headers["X-CSRF-Token"] = csrf();
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(root + path, {
    method,
    headers,
    body: options.body !== undefined ? JSON.stringify(options.body) : (options.form ?? null),
    signal: options.signal ?? null,
    redirect: "error",
  });
  const text = await answer.text();
  if (!answer.ok) {
    if (answer.status === 401) reportSignedOut();
    throw new CallRefused(answer.status, parsed(text) ?? {});
  }
  return parsed(text);
}

/** @param {string} text @returns {any} */
function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
