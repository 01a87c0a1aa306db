// The shapes of what the gateway tells about traffic (docs/api.md). Only types: nothing here runs.

/** @typedef {"FLASH" | "IMMEDIATE" | "PRIORITY" | "ROUTINE"} Precedence */
/** @typedef {{nation: string, role: "action" | "info", state: string, overdue: boolean}} Copy */

/**
 * One message received, or one publication of this nation's own.
 * @typedef {object} Row
 * @property {number} seq
 * @property {"in" | "out"} direction
 * @property {string} [message_id]
 * @property {string} [publication_id]
 * @property {string} at
 * @property {string} issued_at
 * @property {string} originator
 * @property {string[]} action
 * @property {string[]} info
 * @property {string} kind
 * @property {Precedence} precedence
 * @property {"OPERATION" | "EXERCISE" | "TEST"} mode
 * @property {string | null} [exercise_id]
 * @property {string | null} [subject] absent for who sees no content
 * @property {string | null} [marking] absent once a recall took the label
 * @property {string} policy
 * @property {string} classification
 * @property {number} level the rank class of the classification, for the palette and for the highest
 * @property {string[]} releasable to whom the label releases it
 * @property {string} status
 * @property {boolean} [expired]
 * @property {string | null} [handling]
 * @property {string | null} [suite]
 * @property {string | null} [key_standing]
 * @property {boolean} [receipts_wanted]
 * @property {boolean} [awaiting_ours] this nation owes an acknowledgement
 * @property {string | null} [own_receipt]
 * @property {string | null} [request_state] how a request that was received stands here
 * @property {Copy[] | null} [copies] only of own messages
 */

/**
 * Something a person at the security desk should know of: never content.
 * @typedef {object} Alarm
 * @property {number} event_seq
 * @property {string} type
 * @property {string | null} [nation]
 * @property {string | null} [state]
 * @property {string | null} [reason]
 * @property {number | null} [count]
 * @property {string} at
 */

/** @typedef {{after: number, through: number, rows: Row[], gone?: number[], alarms?: Alarm[]}} Batch */
/** @typedef {{nation: string, state: "heard" | "silent" | "unheard", last_heard?: string | null}} Partner */
/** @typedef {{at: string, head?: number, partners?: Partner[]}} Heartbeat */
/**
 * There may be fewer rows than asked for while there is more: a search looks through so much at a time.
 * @typedef {{rows: Row[], next_before?: number | null, through: number, event_seq: number}} RowPage
 */

export {};
