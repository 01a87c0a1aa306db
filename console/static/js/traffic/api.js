// What this page asks of its console, which asks the gateway with the operator's own token.

import { csrf, root } from "../frame/root.js";
import { reportSignedOut } from "../frame/signed_out.js";

/** @typedef {import("./row.js").Row} Row */
/** @typedef {import("./row.js").Batch} Batch */
/** @typedef {import("./row.js").RowPage} RowPage */
/** @typedef {import("../stream/position.js").Span} Span */
/** @typedef {{begins_at: string, counts: Record<string, number>}} Bar */
/** @typedef {{begin: string, end: string, seconds: number, buckets: Bar[]}} Bars parts without any are left out */
/** @typedef {{name: string, query: string}} View */
/** @typedef {{at: number, length: number, understood: string[]}} WrongSearch */
/** @typedef {{status?: number, code?: string, title?: string, detail?: string, search?: WrongSearch}} Problem */

/** The server said no, or nothing at all (status 0). */
export class AskRefused extends Error {
  /** @param {number} status @param {Problem} problem */
  constructor(status, problem) {
    super(`${status} ${problem.code ?? ""}`);
    this.status = status;
    this.problem = problem;
  }
}

/**
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} [params] what is null or empty is left out
 */
export function address(path, params = {}) {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== "") given.set(name, String(value));
  }
  const text = given.toString();
  return `${root}${path}${text ? `?${text}` : ""}`;
}

/**
 * @param {string} where
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 */
async function ask(where, options = {}) {
  const headers = { Accept: "application/json", ...options.headers };
  let answer;
  try {
    answer = await fetch(where, { cache: "no-store", redirect: "error", ...options, headers });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new AskRefused(0, {});
  }
  if (answer.status === 401) reportSignedOut();
  const text = await answer.text();
  /** @type {any} */
  let content = null;
  try {
    content = text ? JSON.parse(text) : null;
  } catch {
    // A page in place of an answer: the session has ended, or something stands between.
    throw new AskRefused(answer.status, {});
  }
  if (!answer.ok) throw new AskRefused(answer.status, content ?? {});
  return content;
}

/** @param {string} where @param {string} method @param {unknown} [content] */
function act(where, method, content) {
  const body = content === undefined ? null : JSON.stringify(content);
  return ask(where, { method, body, headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf() } });
}

/**
 * @param {{q: string, before?: number | null, after?: number, limit: number, signal?: AbortSignal}} asked
 * @returns {Promise<RowPage>}
 */
export const rows = ({ q, before, after, limit, signal }) =>
  ask(address("/traffic/rows", { q, before, after, limit }), signal ? { signal } : {});

/** @param {Span} span @returns {Promise<Batch>} */
export const changes = (span) => ask(address("/traffic/changes", { after: span.after, through: span.through }));

/** @param {string} q @returns {Promise<Bars>} */
export const bars = (q) => ask(address("/traffic/histogram", { q }));

/** @typedef {{counts: Record<string, number>, at_least: boolean}} Counted of each precedence so many, or at least so many */

/** @param {string} q @returns {Promise<Counted>} */
export const counts = (q) => ask(address("/traffic/counts", { q }));

/** @returns {Promise<{rows: Row[], counts: Record<string, number>}>} */
export const awaiting = () => ask(address("/traffic/awaiting"));

/** @type {Map<string, string>} a key for each acknowledgement: one that is tried again counts once */
const keys = new Map();

/** @param {string} messageId @param {string} originator */
export function acknowledge(messageId, originator) {
  const about = `${originator} ${messageId}`;
  const key = keys.get(about) ?? crypto.randomUUID();
  keys.set(about, key);
  return act(address(`/traffic/acknowledge/${encodeURIComponent(messageId)}`), "POST", { key, originator });
}

/** @returns {Promise<{items: View[]}>} */
export const views = () => ask(address("/traffic/views"));

/** @param {string} name @param {string} query */
export const saveView = (name, query) => act(address(`/traffic/views/${encodeURIComponent(name)}`), "PUT", { query });

/** @param {string} name */
export const removeView = (name) => act(address(`/traffic/views/${encodeURIComponent(name)}`), "DELETE");
