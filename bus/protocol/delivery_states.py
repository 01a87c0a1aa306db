"""How far one recipient's copy of a message has come: the states, and what a signed receipt makes of one.

Pure data, in one place. A state's rank only grows by what a recipient signed, so receipts may come in any
order, twice, or late, and the end is the same: the state of the highest rank that was ever told.
"""

from collections.abc import Mapping

from schemas.receipt import Receipts, ReceiptStatus

RANK: Mapping[str, int] = {
    "pending_release": 0,
    "queued": 0,
    "sealed": 0,
    "sent": 0,
    "withheld": 1,
    "refused": 1,
    "delivered": 2,
    "read": 3,
    "acknowledged": 4,
    "actioned": 5,
    "done": 9,
}
"""How far each stored state is. Withheld and refused give way to delivered: an earlier copy may have been
filed, and then that is the truth. ``done`` is for what awaits no receipt."""

STATE_TOLD: Mapping[ReceiptStatus, str] = {
    ReceiptStatus.REFUSED: "refused",
    ReceiptStatus.DELIVERED: "delivered",
    ReceiptStatus.READ: "read",
    ReceiptStatus.ACKNOWLEDGED: "acknowledged",
    ReceiptStatus.ACTIONED: "actioned",
}
"""The state that a receipt tells of."""

LASTING = frozenset({ReceiptStatus.READ, ReceiptStatus.ACKNOWLEDGED, ReceiptStatus.ACTIONED})
"""Told once, by people: a delivery that is sent again does not bring them back, so they are kept, and sent
again, until the originator's gateway has them."""

SHOWN: Mapping[str, str] = {
    "pending_release": "pending_release",
    "queued": "queued",
    "sealed": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "done": "delivered",
    "read": "read",
    "acknowledged": "acknowledged",
    "actioned": "actioned",
    "refused": "refused",
    "withheld": "withheld",
}
"""Stored state of a delivery -> the state that a caller sees (design 8)."""


OWN_MOVES: Mapping[tuple[str, str], str] = {
    ("pending_release", "a second person confirmed it"): "queued",
    ("pending_release", "nobody confirmed it"): "withheld",
    ("queued", "sealed into a bundle"): "sealed",
    ("queued", "no longer permitted, recalled or replaced"): "withheld",
    ("withheld", "never left, and what replaced it is recalled"): "queued",
    ("sealed", "the broker has it"): "sent",
    ("sealed", "decided again before it was offered"): "queued",
    ("sealed", "refused by the broker"): "queued",
    ("sent", "no receipt in time, or asked for again"): "queued",
}
"""What the originator's own gateway does with a message's copy: (state, what happened) -> state.

Everything else is told by its recipient (`told_moves`)."""


def told_moves() -> Mapping[tuple[str, ReceiptStatus], str]:
    """What each receipt makes of each state of a copy that may have been sent, where it changes it."""
    return {
        (state, status): after(state, status)
        for state in RANK
        for status in ReceiptStatus
        if state not in ("pending_release", "done") and after(state, status) != state
    }


def lasts(content: object) -> bool:
    """Whether this content is of receipts that are kept until they are receipted themselves."""
    return isinstance(content, Receipts) and any(receipt.status in LASTING for receipt in content.receipts)


def after(state: str, status: ReceiptStatus) -> str:
    """The state of a delivery in ``state`` once its recipient has signed ``status``: never a step back."""
    told = STATE_TOLD[status]
    return told if RANK[told] > RANK[state] else state
