"""Alerts with areas of all sorts, published for the map's tests."""

from typing import Any

from tests.console.realm import ConsoleRealm
from tests.console.seeding import draft, soon


def square(west: float, south: float, east: float, north: float) -> list[list[float]]:
    """A ring."""
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def publish_alert(
    realm: ConsoleRealm,
    author: str,
    subject: str,
    areas: list[dict[str, Any]],
    *,
    precedence: str = "IMMEDIATE",
    begins: str | None = None,
    ends: str | None = None,
    to: tuple[str, ...] | None = None,
) -> dict[str, Any]:
    """Publish an alert and wait until its recipients have it."""
    made = draft("threat_alert", author, subject=subject, precedence=precedence, to=to)
    for name in ("effective_at", "expires_at"):
        made["header"].pop(name, None)
    for name in ("expires", "onset"):
        made["body"].pop(name, None)
    made["body"]["areas"] = areas
    made["header"]["expires_at"] = ends or soon(hours=6)
    if begins is not None:
        made["header"]["effective_at"] = begins
    answer: dict[str, Any] = realm.post(author, "/v1/messages", made)
    for nation in answer["recipients"]:
        realm.wait_for(nation, answer["message_id"])
    return answer


def in_words(description: str) -> dict[str, Any]:
    """An area without an outline."""
    return {"description": description}


def polygon(*rings: list[list[float]], description: str = "An area") -> dict[str, Any]:
    """An area with one polygon."""
    return {"description": description, "geometry": {"type": "Polygon", "coordinates": list(rings)}}
