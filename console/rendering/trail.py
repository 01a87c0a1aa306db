"""A message's audit records as a trail: when, what, by whom, towards whom. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.rendering.reading import moment


@dataclass(frozen=True, slots=True)
class Trace:
    """One audit record. ``after`` is how many seconds it came after the first."""

    seq: int
    at: datetime
    after: float
    event: str
    key: str
    refused: bool
    actor: str
    partner: str | None
    reason: str | None
    state: str | None
    digest: str | None


def trail(items: Iterable[Mapping[str, Any]]) -> tuple[Trace, ...]:
    """The records in the order of the log."""
    found: list[Trace] = []
    for item in items:
        record = item.get("record")
        at = moment(record.get("at")) if isinstance(record, Mapping) else None
        if at is None or not isinstance(record, Mapping):
            continue
        event = str(record.get("event", ""))
        first = found[0].at if found else at
        found.append(
            Trace(
                seq=int(item.get("audit_seq") or 0),
                at=at,
                after=(at - first).total_seconds(),
                event=event,
                key=event.replace(".", "_").replace("-", "_"),
                refused=record.get("outcome") == "refused",
                actor=str(record.get("actor", "")),
                partner=record.get("partner"),
                reason=record.get("reason"),
                state=record.get("state"),
                digest=record.get("digest"),
            )
        )
    return tuple(found)
