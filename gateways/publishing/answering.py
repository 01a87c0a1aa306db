"""Drafts that the gateway writes for people: an answer, with the header and label that it calls for."""

import json
from typing import Any

from bus.store.inbox import InboxMessage
from gateways.publishing.draft_refused import DraftRefused
from schemas.header import Kind, Relation
from schemas.reasons import ReasonCode
from schemas.strict_json import parse
from schemas.wire import MAX_CONTENT_BYTES


def draft_answering(
    answered: InboxMessage, body: bytes, *, kind: Kind, relation: Relation, subject: str
) -> bytes:
    """A draft to the originator of ``answered`` alone: same policy, classification, mode and precedence.

    ``body`` is the kind's body as JSON. Raises DraftRefused RECALLED.
    """
    if answered.recalled_at is not None:
        raise DraftRefused(ReasonCode.RECALLED, "", ReasonCode.RECALLED.explanation)
    label = parse(answered.content, MAX_CONTENT_BYTES)["label"]
    header: dict[str, Any] = {
        "kind": kind.value,
        "precedence": answered.precedence.value,
        "mode": answered.mode.value,
        "action_addressees": [answered.originator],
        "references": [
            {
                "message_id": answered.message_id,
                "originator": answered.originator,
                "digest": answered.digest,
                "relation": relation.value,
            }
        ],
        "subject": subject,
    }
    if answered.exercise_id is not None:
        header["exercise_id"] = answered.exercise_id
    draft = {
        "header": header,
        "label": {
            "policy": label["policy"],
            "classification": label["classification"],
            # No wider than what it answers: its originator alone.
            "releasable_to": [answered.originator],
            "restrictive": label.get("restrictive", []),
            "originator_controlled": label.get("originator_controlled", False),
        },
    }
    return b'%b,"body":%b}' % (json.dumps(draft, ensure_ascii=False).encode()[:-1], body)


def named(answered: InboxMessage) -> str:
    """How a message is called in the subject of what answers it, as people call it: kind, originator, DTG.

    Never by its own subject: an answer's label may let it go where that may not.
    """
    at = answered.issued_at
    dtg = f"{at:%d%H%M}Z{_MONTHS[at.month - 1]}{at:%y}"
    return f"{answered.kind.value.replace('_', ' ')} {answered.originator} {dtg}"


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
