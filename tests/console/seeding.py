"""Traffic for the realm of the console's tests: a little of everything, from every nation."""

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from schemas.base import rfc3339
from tests.console.realm import NATIONS, ConsoleRealm

EXAMPLES = Path(__file__).resolve().parents[2] / "schemas" / "examples"

SUBJECTS = (
    ("XAA", "FLASH", "NATO SECRET", "Unidentified balloon, flight level 210, drifting east"),
    ("XBB", "IMMEDIATE", "NATO CONFIDENTIAL", "Ammonia leak, port area, two kilometres exclusion"),
    ("XCC", "PRIORITY", "NATO RESTRICTED", "Search and rescue: EPIRB activation, one vessel"),
    ("XBB", "ROUTINE", "NATO UNCLASSIFIED", "Gale warning, force 9 in six hours"),
    ("XAA", "PRIORITY", "NATO RESTRICTED", "Interference with satellite navigation below flight level 100"),
    ("XCC", "IMMEDIATE", "NATO SECRET", "Damage to submarine cables in the Middle Strait"),
)


def example(kind: str) -> dict[str, Any]:
    """The example draft of a kind, in mode EXERCISE, with a label that the realm's agreement covers."""
    draft: dict[str, Any] = json.loads((EXAMPLES / f"{kind}.json").read_text(encoding="utf-8"))
    draft["header"] |= {"mode": "EXERCISE", "exercise_id": "NORTHERN LANTERN 26"}
    draft["label"] = {"policy": "NATO", "classification": "NATO RESTRICTED", "releasable_to": []}
    return draft


def draft(
    kind: str,
    author: str,
    *,
    subject: str | None = None,
    precedence: str = "ROUTINE",
    classification: str = "NATO RESTRICTED",
    mode: str = "EXERCISE",
    to: tuple[str, ...] | None = None,
) -> dict[str, Any]:
    """A draft of a kind by a nation to others; the first is action addressee, the rest for information."""
    made = example(kind)
    others = to or tuple(nation for nation in NATIONS if nation != author)
    header = made["header"]
    header |= {"precedence": precedence, "mode": mode, "action_addressees": [others[0]]}
    header["info_addressees"] = list(others[1:])
    if mode != "EXERCISE":
        header.pop("exercise_id", None)
    if subject is not None:
        header["subject"] = subject
    header["acknowledgement"] = {"required": True, "by": soon(hours=12)}
    made["label"] |= {"classification": classification, "releasable_to": list(others)}
    body = made["body"]
    match kind:
        case "threat_alert":
            body["affected_nations"] = [author]
        case "exercise_notice":
            body["host_nation"] = author
            body["participating_nations"] = list(NATIONS)
            body["observer_nations"] = []
            for force, nation in zip(body["forces"], NATIONS, strict=False):
                force["nation"] = nation
            body.pop("observer_invitation", None)
        case "information_request":
            body["rfi_id"] = f"{author}-RFI-{abs(hash(subject)) % 10_000}"
            body["release_needed_to"] = []
            body["max_classification"] = {"policy": "NATO", "classification": "NATO SECRET"}
    return copy.deepcopy(made)


def soon(**after: float) -> str:
    """A moment from now on, as drafts have it."""
    return rfc3339((datetime.now(UTC) + timedelta(**after)).replace(microsecond=0))


def seed(realm: ConsoleRealm) -> dict[str, dict[str, Any]]:
    """Publish a little of everything; the answers by a name, each once it came to every recipient.

    Names: ``alert-0`` .. ``alert-5``, ``notice``, ``request``.
    """
    made: dict[str, dict[str, Any]] = {}
    for place, (author, precedence, classification, subject) in enumerate(SUBJECTS):
        made[f"alert-{place}"] = _publish(
            realm,
            author,
            draft(
                "threat_alert",
                author,
                subject=f"EXERCISE: {subject}",
                precedence=precedence,
                classification=classification,
            ),
        )
    notice = draft("exercise_notice", "XBB", subject="Exercise COLD FJORD 30, northern coast")
    made["notice"] = _publish(realm, "XBB", notice)
    request = draft(
        "information_request",
        "XAA",
        subject="RFI: movements of a bulk carrier",
        precedence="PRIORITY",
        to=("XBB",),
    )
    made["request"] = _publish(realm, "XAA", request)
    for answer in made.values():
        for nation in answer["recipients"]:
            realm.wait_for(nation, answer["message_id"])
    return made


def _publish(realm: ConsoleRealm, author: str, body: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = realm.post(author, "/v1/messages", body)
    return answer | {"author": author}
