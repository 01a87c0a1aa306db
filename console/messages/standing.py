"""Where a message stands, as notices at its head: recalled, cancelled, replaced, expired. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_REPLACED = frozenset({"UPDATED", "CORRECTED", "SUPERSEDED"})


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence at the head. ``key`` is of the catalogue ``message.notice``; ``link`` leads on."""

    key: str
    tone: str = "warn"
    at: str | None = None
    link: str | None = None
    code: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


def notices(
    found: Mapping[str, Any], direction: str, *, sees_content: bool, bad_key: bool
) -> tuple[Notice, ...]:
    """What a reader has to know before the text, the gravest first."""
    return tuple(_notices(found, direction, sees_content=sees_content, bad_key=bad_key))


def _notices(
    found: Mapping[str, Any], direction: str, *, sees_content: bool, bad_key: bool
) -> Iterator[Notice]:
    status = str(found.get("status") or "CURRENT")
    if bad_key:
        yield Notice("key_revoked", "bad")
    if status == "RECALLED":
        reason = found.get("recall_reason")
        yield Notice(f"recalled_{direction}", "bad", at=found.get("recalled_at"), code=reason)
    elif status == "CANCELLED":
        yield Notice("cancelled", "bad", at=found.get("cancelled_at"), code=found.get("cancel_reason"))
    elif status in _REPLACED:
        link = f"/messages/{direction}/{found['current']}" if found.get("current") else None
        yield Notice(f"replaced_{status.lower()}", "warn", link=link)
    if found.get("expired") and status not in ("RECALLED", "CANCELLED"):
        key = "expired_on_arrival" if found.get("expired_on_arrival") else "expired"
        yield Notice(key, "warn", at=found.get("expires_at"))
    waits = found.get("second_person") or {}
    if waits:
        yield from _second_person(waits)
    if found.get("late"):
        yield Notice("late", "info")
    if found.get("handling") == "DISPLAY_ONLY":
        yield Notice("display_only", "warn")
    if found.get("copy_of"):
        yield Notice("copy_of", "info", link=f"/messages/out/{found['copy_of']}")
    if not sees_content:
        yield Notice("metadata_only", "info")


def _second_person(waits: Mapping[str, Any]) -> Iterator[Notice]:
    state = str(waits.get("state"))
    if state == "waiting":
        yield Notice("waiting", "warn", at=waits.get("until"), link="/releases")
    elif state in ("refused", "lapsed"):
        yield Notice(f"not_released_{state}", "bad", at=waits.get("decided_at"))
    elif state == "confirmed":
        yield Notice("released_by_two", "info", at=waits.get("decided_at"))
