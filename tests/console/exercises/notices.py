"""Exercises made for tests, from the example that the schemas hold."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from console.calendar.exercises import Exercise, exercise_of

EXAMPLE = json.loads((Path(__file__).parents[3] / "schemas/examples/exercise_notice.json").read_text())
ISSUED = datetime(2029, 12, 1, 12, tzinfo=UTC)
NUMBERS = count(1)


def square(west: float, south: float, side: float = 1.0) -> dict[str, Any]:
    """An area: a square."""
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"description": "A square", "geometry": {"type": "Polygon", "coordinates": [ring]}}


def entry(
    *, issued_at: datetime = ISSUED, header: dict[str, Any] | None = None, **body: Any
) -> dict[str, Any]:
    """An inbox entry with the example's notice, changed; ``None`` takes a field out."""
    message = deepcopy(EXAMPLE)
    message["header"] |= {
        "originator": "XAA",
        "message_id": "019b3c00-0000-7000-8000-000000000001",
        "issued_at": issued_at.isoformat(),
    } | (header or {})
    message["body"] |= body
    message["body"] = {name: value for name, value in message["body"].items() if value is not None}
    return {
        "originator": message["header"]["originator"],
        "message_id": message["header"]["message_id"],
        "issued_at": message["header"]["issued_at"],
        "marking": "REALM OPEN",
        "history": [message["header"]["message_id"]],
        "message": message,
    }


def exercise(name: str = "COLD FJORD 30", **changes: Any) -> Exercise:
    """An exercise of this name without serials, unless ``changes`` give some."""
    bare = {"phases": [], "special_activities": [], "reservations": [], "designation": name}
    own_id = {"message_id": f"019b3c00-0000-7000-8000-{next(NUMBERS):012x}"}
    changes["header"] = own_id | (changes.get("header") or {})
    made = exercise_of(entry(**(bare | {"exercise_id": name} | changes)), own=False, path="messages/in/1")
    assert isinstance(made, Exercise)
    return made


def comb(teeth: int, *, from_east: bool = False) -> tuple[tuple[float, float], ...]:
    """A ring with long thin teeth. One from the west and one from the east mesh without touching."""
    spine, tip, lift = (11.0, 1.0, 0.0005) if from_east else (0.0, 10.0, 0.0)
    back = spine + (1 if from_east else -1)
    ring = [(back, lift)]
    for tooth in range(teeth):
        low, high = tooth / 1000 + lift, tooth / 1000 + lift + 0.0003
        ring += [(spine, low), (tip, low), (tip, high), (spine, high)]
    return (*ring, (back, ring[-1][1]), ring[0])
