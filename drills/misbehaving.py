"""Partner systems that misbehave towards their own gateway, and what it must make of that."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from drills import life_calls
from drills.actors import Misbehaviour
from drills.partner_system import Answer, PartnerSystem
from drills.placeholders import PlayedMessage
from schemas.acknowledgement import AcknowledgementLevel, AcknowledgementOutcome
from schemas.base import rfc3339
from schemas.header import Kind, Relation
from schemas.reasons import ReasonCode

BURST = 50
"""How many drafts a flood is made of."""
STOPPED_BY: Mapping[Misbehaviour, tuple[ReasonCode, ...]] = {
    Misbehaviour.ACKNOWLEDGE_TWICE: (ReasonCode.IDEMPOTENCY_CONFLICT,),
    Misbehaviour.ACKNOWLEDGE_WHAT_NEVER_CAME: (ReasonCode.NOT_FOUND,),
    Misbehaviour.ANSWER_UNASKED: (ReasonCode.REFERENCE_UNKNOWN,),
    Misbehaviour.FLOOD: (ReasonCode.SCHEMA_INVALID, ReasonCode.RATE_LIMITED),
    Misbehaviour.STALE_KEY: (ReasonCode.CREDENTIALS_INVALID,),
}
"""With what the gateway must refuse it."""
_ACKNOWLEDGEMENT = {
    "level": AcknowledgementLevel.READ.value,
    "outcome": AcknowledgementOutcome.NOTED.value,
    "officer_role": "Partner system",
}


@dataclass(frozen=True)
class Borne:
    """What came of it. ``accepted``: the one message that it put on the bus, as it may."""

    code: str
    remark: str
    accepted: Answer | None = None


async def misbehave(
    how: Misbehaviour, partner: PartnerSystem, message: PlayedMessage, draft: Mapping[str, Any]
) -> Borne:
    """Do it, about a message of the nation's inbox whose ``draft`` says how it is labelled."""
    match how:
        case Misbehaviour.ACKNOWLEDGE_TWICE:
            return await _twice(partner, message)
        case Misbehaviour.ACKNOWLEDGE_WHAT_NEVER_CAME:
            answers = [await life_calls.acknowledge(partner, _never_sent(message), _ACKNOWLEDGEMENT)]
        case Misbehaviour.ANSWER_UNASKED:
            answers = [await partner.publish(_unasked(message, draft))]
        case Misbehaviour.FLOOD:
            answers = await asyncio.gather(*(partner.publish(b"{}") for _ in range(BURST)))
            await partner.broker_connected()  # it still answers who does ask properly
        case Misbehaviour.STALE_KEY:
            path, originator = f"/v1/inbox/{message.message_id}", {"originator": message.originator}
            answers = [await partner.look(path, originator, key=f"{partner.key[:-8]}{'0' * 8}")]
    return judged(how, answers)


def judged(how: Misbehaviour, answers: list[Answer]) -> Borne:
    """Whether every answer is a refusal under a code that fits."""
    wanted = [code.value for code in STOPPED_BY[how]]
    taken = sum(answer.accepted for answer in answers)
    codes = dict.fromkeys(answer.code for answer in answers if not answer.accepted)
    remarks = [f"{how} must be stopped, and was taken"] if taken else []
    others = [code for code in codes if code not in wanted]
    if others:
        remarks.append(f"{how} must be stopped by {' or '.join(wanted)}, but was by {', '.join(others)}")
    return Borne(", ".join(codes), "; ".join(remarks))


async def _twice(partner: PartnerSystem, message: PlayedMessage) -> Borne:
    """The same under the same key is the same acknowledgement, and something else under it is refused."""
    key, at = str(uuid.uuid4()), datetime.now(UTC)
    first = await life_calls.acknowledge(partner, message, _ACKNOWLEDGEMENT, repeat_key=key, at=at)
    second = await life_calls.acknowledge(partner, message, _ACKNOWLEDGEMENT, repeat_key=key, at=at)
    other = _ACKNOWLEDGEMENT | {"officer_role": "Another partner system"}
    third = await life_calls.acknowledge(partner, message, other, repeat_key=key, at=at)
    found = judged(Misbehaviour.ACKNOWLEDGE_TWICE, [third])
    if not first.accepted:
        return Borne(first.code, f"the first acknowledgement was refused: {first.code}")
    if second.body.get("publication_id") != first.body["publication_id"]:
        return Borne(found.code, "repeating it made another message of it", first)
    return Borne(found.code, found.remark, first)


def _never_sent(message: PlayedMessage) -> PlayedMessage:
    """A message of the same originator that there is not."""
    unlike = message.message_id[:-4] + ("ffff" if not message.message_id.endswith("ffff") else "0000")
    return PlayedMessage(unlike, message.originator, "sha256:" + "0" * 64)


def _unasked(message: PlayedMessage, draft: Mapping[str, Any]) -> bytes:
    request, header, label = _never_sent(message), draft["header"], draft["label"]
    reference = {
        "message_id": request.message_id,
        "originator": request.originator,
        "digest": request.digest,
        "relation": Relation.REPLIES.value,
    }
    same = {name: header[name] for name in ("precedence", "mode", "exercise_id") if name in header}
    answer = {
        "header": {
            "kind": Kind.INFORMATION_RESPONSE.value,
            "references": [reference],
            "subject": "EXERCISE: an answer that nobody asked for",
            **same,
        },
        "label": {
            "policy": label["policy"],
            "classification": label["classification"],
            "releasable_to": [message.originator],
        },
        "body": {
            "rfi_id": "NONE-1",
            "state": "ANSWERED",
            "answer": "Forty-two.",
            "information_as_of": rfc3339(datetime.now(UTC)),
        },
    }
    return json.dumps(answer, ensure_ascii=False).encode()
