"""A message as the map shows it: its areas, when it is in force, and what the list beside it says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.marking import Marking
from console.times import clock
from console.visible import one_line

RANK = {"FLASH": 0, "IMMEDIATE": 1, "PRIORITY": 2, "ROUTINE": 3}
ACKNOWLEDGED = frozenset({"acknowledged", "actioned"})


@dataclass(frozen=True)
class MapItem:
    """One alert or exercise. ``path`` is its message's page below the console's root."""

    key: str
    path: str
    own: bool
    exercise: bool
    originator: str
    precedence: str
    mode: str
    mark: str
    subject: str
    language: str
    threat: str | None
    starts: datetime
    ends: datetime | None
    areas: tuple[Mapping[str, Any], ...]
    nations: tuple[str, ...]
    acknowledged: tuple[int, int] | None
    awaiting: bool
    marking: Marking

    @property
    def drawn(self) -> bool:
        """Whether it has an outline; else it stands in the list alone."""
        return any(area.get("geometry") or area.get("circles") for area in self.areas)

    @property
    def places(self) -> tuple[str, ...]:
        """Its areas in the words of who wrote it."""
        return tuple(area["description"] for area in self.areas)

    def running(self, now: datetime) -> bool:
        """Whether it is in force."""
        return self.starts <= now and (self.ends is None or now < self.ends)

    def over(self, now: datetime) -> bool:
        """Whether it is in force no more."""
        return self.ends is not None and self.ends <= now


def in_order(items: Iterable[MapItem], now: datetime) -> list[MapItem]:
    """What is in force, what comes, what is over; by precedence, exercises last, the newest first."""
    newest = sorted(items, key=lambda item: item.starts, reverse=True)

    def weight(item: MapItem) -> tuple[int, bool, int]:
        phase = 0 if item.running(now) else 2 if item.over(now) else 1
        return phase, item.exercise, RANK.get(item.precedence, 9)

    return sorted(newest, key=weight)


def received_item(entry: Mapping[str, Any]) -> MapItem | None:
    """Out of an entry of the inbox; None for what has no content here, or says only what it cancels."""
    acknowledge = entry.get("acknowledged_at") is None
    key = f"{entry['originator']}-{entry['message_id']}"
    return _item(entry, key, f"messages/in/{entry['message_id']}", own=False, awaits=acknowledge)


def own_item(entry: Mapping[str, Any]) -> MapItem | None:
    """Out of one of this nation's publications, as ``received_item``."""
    path = f"messages/out/{entry['publication_id']}"
    return _item(entry, entry["publication_id"], path, own=True, awaits=False)


def _item(entry: Mapping[str, Any], key: str, path: str, *, own: bool, awaits: bool) -> MapItem | None:
    message = entry.get("message")
    if message is None or message["body"].get("action") == "CANCEL":
        return None
    header, label, body = message["header"], message["label"], message["body"]
    exercise = header["kind"] == "exercise_notice"
    issued_at = datetime.fromisoformat(header["issued_at"])
    starts, ends = (body["start"], body["end"]) if exercise else _force(header, body)
    deliveries = entry.get("deliveries", ())
    done = sum(delivery["state"] in ACKNOWLEDGED for delivery in deliveries)
    asked = bool(header.get("acknowledgement", {}).get("required"))
    return MapItem(
        key=key,
        path=path,
        own=own,
        exercise=exercise,
        originator=header["originator"],
        precedence=header["precedence"],
        mode=header["mode"],
        mark=body["exercise_id"] if exercise else f"{header['originator']} {clock(issued_at)}",
        subject=header["subject"],
        language=header.get("language", "en"),
        threat=None if exercise else body.get("threat_type"),
        starts=datetime.fromisoformat(starts),
        ends=None if ends is None else datetime.fromisoformat(ends),
        areas=tuple(body.get("areas", ())),
        nations=tuple(body.get("participating_nations" if exercise else "affected_nations", ())),
        acknowledged=(done, len(deliveries)) if own else None,
        awaiting=awaits and asked,
        marking=Marking.of(
            {
                "text": entry.get("marking"),
                "policy": label["policy"],
                "classification": label["classification"],
                "level": entry.get("level"),
                "mode": header["mode"],
            }
        ),
    )


def _force(header: Mapping[str, Any], body: Mapping[str, Any]) -> tuple[str, str | None]:
    """From when an alert counts and when it ends: as its header says, else its body."""
    ends = [end for end in (header.get("expires_at"), body.get("expires")) if end is not None]
    earliest = min(ends, key=datetime.fromisoformat) if ends else None
    return header.get("effective_at") or header["issued_at"], earliest


def as_json(item: MapItem) -> dict[str, Any]:
    """What the script that draws needs: no more than the list beside it says, and the outlines."""
    return {
        "key": item.key,
        "mark": one_line(item.mark),
        "precedence": item.precedence,
        "exercise": item.exercise,
        "starts": item.starts.isoformat(),
        "ends": None if item.ends is None else item.ends.isoformat(),
        "areas": [
            {"geometry": area.get("geometry"), "circles": area.get("circles", [])} for area in item.areas
        ],
    }
