"""What partners recalled, cancelled or closed that never came: kept, as it may come, but not without end."""

import sqlite3

KEPT = 10_000
"""Words of each kind kept of one originator about messages that never came; the oldest go."""
SLACK = 500
"""So many more may stand before the oldest are sought out."""

_WORDS = (
    ("recall_received WHERE originator = ?", "outcome = 'NOT_HELD'", "received_at"),
    (
        "cancellation WHERE originator = ?",
        "NOT EXISTS (SELECT 1 FROM inbox o WHERE o.message_id = cancellation.message_id"
        " AND o.originator = cancellation.originator AND o.digest = cancellation.digest"
        " AND o.mode = cancellation.mode)",
        "at",
    ),
    (
        "request_act WHERE originator = ? AND act_id = 'close'",
        "NOT EXISTS (SELECT 1 FROM request_party p JOIN request r USING (request_seq)"
        " WHERE p.message_id = request_act.message_id AND p.nation = request_act.nation"
        " AND p.digest = request_act.digest AND r.originator = request_act.originator"
        " AND r.mode = request_act.mode)",
        "recorded_at",
    ),
)
"""Where they stand, which of them are about nothing, also by their digest or mode, and their age."""


def trim(tx: sqlite3.Connection, originator: str) -> int:
    """Let the oldest go where too many of one originator are kept; how many more may come before it is asked
    for again.

    It looks at every word that the originator ever said, also about what did come.
    """
    most = KEPT + SLACK
    room = most
    for place, unknown, age in _WORDS:
        mine = f"FROM {place}"
        (standing,) = tx.execute(
            f"SELECT count(*) FROM (SELECT 1 {mine} LIMIT ?)",  # noqa: S608 - fixed texts
            (originator, most + 1),
        ).fetchone()
        if standing > most:
            (standing,) = tx.execute(
                f"SELECT count(*) {mine} AND {unknown}",
                (originator,),
            ).fetchone()
        if standing > most:
            tx.execute(
                f"DELETE {mine} AND (message_id, digest, mode) IN"
                f" (SELECT message_id, digest, mode {mine} AND {unknown}"
                f" ORDER BY {age}, message_id LIMIT ?)",
                (originator, originator, standing - KEPT),
            )
            standing = KEPT
        room = min(room, most - standing)
    return room
