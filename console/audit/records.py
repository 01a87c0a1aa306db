"""What a record of the audit log is about, and where that leads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SHOWN_FIRST = ("at", "event", "outcome", "actor", "reason")
_ABOUT = (
    *("message_id", "publication_id", "operator", "digest", "webhook", "bundle_id", "key_id"),
    *("partner", "kind", "mode", "precedence", "role", "state", "lane", "count"),
)
_SEARCHED = frozenset(_ABOUT) - {"count"} | {"session"}


@dataclass(frozen=True)
class Named:
    """One thing that a record names: which member, its value, and the page that shows it, if one does."""

    member: str
    value: str
    leads_to: str = ""
    search: str = ""
    """What finds every record that names it; empty where that makes no sense."""


def about(record: Mapping[str, Any], limit: int = 4) -> list[Named]:
    """What a list shows of a record: the most telling first."""
    found = [named(name, record[name]) for name in _ABOUT if name in record]
    if any(each.member in ("message_id", "publication_id") for each in found):
        found = [each for each in found if each.member != "digest"]
    return found[:limit]


def in_depth(record: Mapping[str, Any]) -> list[Named]:
    """Every member of a record, in reading order."""
    order = [*SHOWN_FIRST, *_ABOUT, *record]
    return [named(name, record[name]) for name in dict.fromkeys(order) if name in record]


def named(member: str, value: Any) -> Named:
    """A member with where it leads."""
    text = str(value)
    page = {
        "message_id": f"/messages/{text}",
        "publication_id": f"/messages/out/{text}",
        "partner": f"/nations/{text}",
    }.get(member, "")
    return Named(member, text, page, text if member in _SEARCHED else "")
