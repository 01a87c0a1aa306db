// Rows as the gateway gives them, made up for tests.

/** @param {number} seq @param {object} [changes] */
export function row(seq, changes = {}) {
  return {
    seq,
    direction: "in",
    message_id: `00000000-0000-7000-8000-${String(seq).padStart(12, "0")}`,
    at: "2026-11-22T01:46:23Z",
    issued_at: "2026-11-22T01:46:20Z",
    originator: "XBB",
    action: ["XAA"],
    info: [],
    kind: "threat_alert",
    precedence: "ROUTINE",
    mode: "EXERCISE",
    subject: `Message ${seq}`,
    marking: "NATO RESTRICTED XAA, XBB Only",
    policy: "NATO",
    classification: "NATO RESTRICTED",
    level: 1,
    releasable: ["XAA", "XBB"],
    status: "CURRENT",
    expired: false,
    ...changes,
  };
}

/** @param {number} from @param {number} to @returns {ReturnType<typeof row>[]} */
export function rows(from, to) {
  return Array.from({ length: to - from + 1 }, (_, index) => row(from + index));
}
