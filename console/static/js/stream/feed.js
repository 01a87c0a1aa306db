// The traffic as it comes, for one page: shared between tabs, resumed without gap or duplicate, with its state.

import { reportSignedOut } from "../frame/signed_out.js";
import { openConnection } from "./connection.js";
import { positionKeeper } from "./position.js";
import { shareStream } from "./sharing.js";
import { streamState } from "./state.js";

/** @typedef {import("./position.js").Span} Span */
/** @typedef {import("./sse.js").ServerEvent} ServerEvent */
/** @typedef {import("./state.js").StreamState} StreamState */
/** @typedef {import("../traffic/row.js").Batch} Batch */
/** @typedef {import("../traffic/row.js").Heartbeat} Heartbeat */

/**
 * @typedef {object} FeedHearing
 * @property {(batch: Batch) => void} batch
 * @property {(beat: Heartbeat) => void} heartbeat
 * @property {(state: StreamState) => void} state called when it changes
 * @property {() => void} anew what is shown must be read again from the start: the stream cannot say what was missed
 * @property {(gaps: readonly Span[]) => void} gaps what is missed and could not be fetched, when it changes
 * @property {() => void} began the stream has said where it begins
 */
/**
 * @typedef {object} FeedPlan
 * @property {string} name
 * @property {() => string} address of the stream
 * @property {(span: Span) => Promise<Batch>} changes fetches what came in a span that was missed
 */

/** How often a gap is tried to be filled before the person is told. */
const TRIES = 3;
/** The server's answer when the place to go on from is kept no longer. */
const GONE = 410;
/** Its answers where a span is kept no longer, or is too long to be fetched: asking again would never help. */
const PAST = [GONE, 422];

/**
 * @param {FeedPlan} plan
 * @param {FeedHearing} hearing
 */
export function openFeed(plan, hearing) {
  const position = positionKeeper();
  /** @type {import("./state.js").Signs} */
  const signs = { held: false, online: navigator.onLine, connected: false, heard: null, lost: Date.now() };
  /** @type {StreamState | null} */
  let said = null;

  function judge() {
    const state = streamState(signs, Date.now());
    if (state === said) return;
    said = state;
    hearing.state(state);
  }

  /** @param {ServerEvent} event */
  function take(event) {
    signs.heard = Date.now();
    if (!signs.connected) connect(true); // another tab's stream, heard before it said so
    if (event.event === "batch") takeBatch(JSON.parse(event.data));
    else if (event.event === "heartbeat") hearing.heartbeat(JSON.parse(event.data));
    else if (event.id !== "") begin(Number(event.id));
    judge();
  }

  /** @param {number} at */
  function begin(at) {
    const before = position.through;
    position.begin(at);
    if (before !== null && at > before) void fill({ after: before, through: at }, TRIES);
    hearing.began();
  }

  /** @param {Batch} batch */
  function takeBatch(batch) {
    const before = position.through;
    const found = position.take(batch);
    if (found === "seen") return;
    hearing.batch(batch);
    if (found === "gap" && before !== null) void fill({ after: before, through: batch.after }, TRIES);
  }

  /**
   * @param {Span} span
   * @param {number} tries
   */
  async function fill(span, tries) {
    try {
      const batch = await plan.changes(span);
      position.filled(span);
      hearing.batch(batch);
      hearing.gaps(position.gaps);
    } catch (error) {
      if (PAST.includes(/** @type {{status?: number}} */ (error).status ?? 0)) {
        position.filled(span);
        hearing.gaps(position.gaps);
        hearing.anew();
      } else if (tries > 1) setTimeout(() => void fill(span, tries - 1), 1000);
      else hearing.gaps(position.gaps);
    }
  }

  /** @param {number} status */
  function refused(status) {
    if (status === 401) reportSignedOut();
    if (status !== GONE) return;
    // What followed on our place is kept no longer: the list is read anew, and the stream begins where it is.
    position.forget();
    hearing.gaps(position.gaps);
    hearing.anew();
  }

  /** @param {boolean} connected */
  function connect(connected) {
    if (signs.connected === connected) return;
    signs.connected = connected;
    signs.lost = connected ? null : Date.now();
    if (connected) signs.heard = Date.now();
    judge();
  }

  const leave = shareStream(plan.name, {
    hear(told) {
      if (told.kind === "event") take(told.event);
      else if (told.kind === "connected") connect(told.connected);
      else if (told.kind === "refused") refused(told.status);
    },
    lead(tell) {
      const connection = openConnection(plan.address, () => (position.through === null ? null : String(position.through)), {
        event: (event) => tell({ kind: "event", event }),
        connected: (connected) => tell({ kind: "connected", connected }),
        refused: (status) => tell({ kind: "refused", status }),
      });
      return () => connection.close();
    },
  });

  const timer = setInterval(judge, 250);
  for (const name of ["online", "offline"]) {
    window.addEventListener(name, () => {
      signs.online = navigator.onLine;
      judge();
    });
  }
  window.addEventListener("pagehide", close);
  judge();

  function close() {
    clearInterval(timer);
    leave();
  }

  return {
    close,
    /** @param {number} at what the page shows was read as it stood there; counts where the stream has said nothing */
    begin(at) {
      if (position.through === null) position.begin(at);
    },
    /** @param {boolean} held the person has stopped the view */
    hold(held) {
      signs.held = held;
      judge();
    },
    /** Tries once more to fetch what is missed. */
    retry() {
      for (const span of [...position.gaps]) void fill(span, 1);
    },
    get state() {
      return said ?? "RECONNECTING";
    },
    get through() {
      return position.through;
    },
  };
}
