"""What the benchmarks send: realms in which everybody may write to everybody, and drafts of one kilobyte."""

import json
from typing import Any

from drills.load.realm import nations
from schemas.realm_plan import RealmPlan

ORIGINATOR = "XAA"
CONTENT_BYTES = 1024
"""About how large a message is once the gateway has completed the draft."""

_ADDED_BY_GATEWAY = 450
"""Bytes that message_id, originator, issued_at and the release set add, roughly."""
_SENTENCE = (
    "Between 03:55 and 05:05 UTC three cables lost light within four nautical miles of each other. "
    "Reflectometry places all three breaks on the western slope; a fourth cable is at risk. "
)


def realm_plan(count: int, agreements: int = 1, objective: int | None = None) -> RealmPlan:
    """A realm of ``count`` nations; the last of its agreements covers all of them, the others pairs.

    ``objective``: seconds that a message may take, where not as usual.
    """
    codes = nations(count)
    pairs = [(one, other) for one in codes for other in codes if one < other][: agreements - 1]
    covers = {
        "kinds": ("threat_alert", "exercise_notice"),
        "modes": ("OPERATION", "EXERCISE"),
        "highest": ({"policy": "REALM", "classification": "PROTECTED"},),
    }
    listed = [
        {"id": f"pair-{number}", "title": "Of two", "parties": pair, **covers, "kinds": ("exercise_notice",)}
        for number, pair in enumerate(pairs)
    ]
    listed.append({"id": "whole", "title": "Of all", "parties": codes, **covers})
    plan: dict[str, Any] = {
        "name": "Benchmark",
        "nations": [{"nation": code, "display_name": f"Nation {code}"} for code in codes],
        "agreements": listed,
        "known_policies": ["REALM"],
    }
    if objective is not None:
        plan["objectives"] = {"priority_seconds": objective}
    return RealmPlan.model_validate_json(json.dumps(plan))


def draft(recipients: tuple[str, ...], number: int = 0, due: str | None = None) -> bytes:
    """A threat alert for ``recipients``, PRIORITY, about CONTENT_BYTES long as a message; ``due``: until when
    it is to be acknowledged."""
    value: dict[str, Any] = {
        "header": {
            "kind": "threat_alert",
            "precedence": "PRIORITY",
            "mode": "EXERCISE",
            "exercise_id": "BENCH 01",
            "subject": f"Loss of submarine cables, report {number:08d}",
        },
        "label": {"policy": "REALM", "classification": "LIMITED", "releasable_to": recipients},
        "body": {
            "action": "ALERT",
            "threat_type": "hybrid",
            "categories": ["Infra", "Security"],
            "urgency": "Immediate",
            "severity": "Severe",
            "certainty": "Likely",
            "texts": [
                {"language": "en", "event": "Damage to submarine cables", "description": "Three cables. "}
            ],
            "affected_nations": list(recipients),
        },
    }
    if due is not None:
        value["header"]["acknowledgement"] = {"required": True, "by": due}
    encoded = json.dumps(value, separators=(",", ":")).encode()
    room = max(0, CONTENT_BYTES - _ADDED_BY_GATEWAY - len(encoded))
    text = (_SENTENCE * (room // len(_SENTENCE) + 1))[:room]
    return encoded.replace(b"Three cables. ", b"Three cables. " + text.strip().encode())
