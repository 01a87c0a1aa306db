"""What partners recalled, cancelled or closed that never came: kept, as it may come, but not without end."""

import sqlite3

KEPT = 10_000
"""Words of each kind kept of one originator about messages that never came; the oldest go."""
SLACK = 500
"""So many more may stand before the oldest are sought out."""

_NOT_IN = (
    "NOT EXISTS (SELECT 1 FROM {0} o WHERE o.originator = {1}.originator AND o.message_id = {1}.message_id)"
)
_WORDS = (
    ("recall_received WHERE originator = ?", "outcome = 'NOT_HELD'", "received_at"),
    ("cancellation WHERE originator = ?", _NOT_IN.format("inbox", "cancellation"), "at"),
    (
        "request_act WHERE originator = ? AND act_id = 'close'",
        _NOT_IN.format("request", "request_act"),
        "recorded_at",
    ),
)
"""Where they stand, which of them are about nothing, and their age."""


def trim(tx: sqlite3.Connection, originator: str) -> int:
    """Let the oldest go where too many of one originator are kept; how many went."""
    gone = 0
    for place, unknown, age in _WORDS:
        mine = f"FROM {place}"
        (more,) = tx.execute(
            f"SELECT count(*) FROM (SELECT 1 {mine} LIMIT ?)",  # noqa: S608 - fixed texts
            (originator, KEPT + SLACK + 1),
        ).fetchone()
        if more <= KEPT + SLACK:
            continue
        (standing,) = tx.execute(
            f"SELECT count(*) {mine} AND {unknown}",
            (originator,),
        ).fetchone()
        if standing <= KEPT + SLACK:
            continue
        gone += tx.execute(
            f"DELETE {mine} AND (message_id, digest, mode) IN"
            f" (SELECT message_id, digest, mode {mine} AND {unknown}"
            f" ORDER BY {age}, message_id LIMIT ?)",
            (originator, originator, standing - KEPT),
        ).rowcount
    return gone
