"""What makes pictures look like a watch: more traffic than tests need, in force, a drill under way."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drills.journal import JournalWriter, write_catalogue
from entente.watch_desk import catalogue
from schemas.drill_journal import JournalLine, JournalStart, Played
from tests.console.realm import NATIONS, ConsoleRealm
from tests.console.seeding import draft, soon

ALERTS = (
    ("XBB", "PRIORITY", "NATO RESTRICTED", "Two berths closed by ice; pilots wait outside", (24.5, 59.2)),
    ("XCC", "ROUTINE", "NATO UNCLASSIFIED", "Gale warning, force 9 within six hours", (3.5, 56.0)),
    (
        "XAA",
        "IMMEDIATE",
        "NATO CONFIDENTIAL",
        "Surface contact without AIS, course 210",
        (19.0, 55.5),
    ),
    ("XBB", "ROUTINE", "NATO RESTRICTED", "Navigation light out of service at the north pier", (10.5, 57.8)),
    ("XCC", "PRIORITY", "NATO RESTRICTED", "Oil on the water, two miles, drifting north", (1.5, 59.5)),
    ("XAA", "ROUTINE", "NATO UNCLASSIFIED", "Live firing moved by one hour, area as announced", (15.0, 67.5)),
    ("XBB", "PRIORITY", "NATO CONFIDENTIAL", "Interference with satellite navigation", (28.0, 69.5)),
    ("XCC", "IMMEDIATE", "NATO SECRET", "Unmarked aircraft near the air base, two sightings", (12.5, 64.0)),
    ("XAA", "PRIORITY", "NATO RESTRICTED", "Rail bridge closed, supplies by road", (22.0, 65.5)),
    ("XBB", "FLASH", "NATO SECRET", "Explosion in the harbour, ferry traffic stopped", (17.5, 58.5)),
)
REQUESTS = (
    "Imagery of the pier before 1500Z",
    "Fuel at the northern airfield",
    "Who holds the tug?",
)
EXERCISES = (("XCC", "GREY HERON 30"), ("XAA", "QUIET HARBOUR 30"))
INJECTS = ("State of the ice", "The convoy goes", "A light is out", "Fog over the strait", "The tug is late")


def busy(realm: ConsoleRealm) -> None:
    """Publish all of it; the newest, a FLASH, has come to XAA at the end."""
    for place, subject in enumerate(REQUESTS):
        author, to = ("XAA", "XCC") if place else ("XBB", "XAA")
        asked = draft("information_request", author, subject=f"EXERCISE: {subject}", to=(to,))
        asked["body"] |= {"title": subject, "requirement_statement": subject}
        asked["body"] |= {"answer_requested_by": soon(hours=2 + place), "ltiov": soon(hours=9)}
        realm.post(author, "/v1/messages", asked)
    for author, name in EXERCISES:
        told = draft("exercise_notice", author, subject=f"Exercise {name}, notice")
        told["body"] |= {"exercise_id": name, "designation": f"Exercise {name}", "nickname": name[:2]}
        realm.post(author, "/v1/messages", told)
    for author, precedence, classification, subject, place_of in ALERTS:
        made = draft(
            "threat_alert",
            author,
            subject=f"EXERCISE: {subject}",
            precedence=precedence,
            classification=classification,
        )
        _here_and_now(made, *place_of)
        newest = realm.post(author, "/v1/messages", made)
    realm.wait_for("XAA", newest["message_id"])


def _here_and_now(made: dict[str, Any], longitude: float, latitude: float) -> None:
    made["header"] |= {"effective_at": soon(minutes=-1), "expires_at": soon(hours=20)}
    west, east, south, north = longitude - 1.5, longitude + 1.5, latitude - 0.7, latitude + 0.7
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    body = made["body"]
    body["areas"] = [{"description": "As drawn", "geometry": {"type": "Polygon", "coordinates": [ring]}}]
    body["texts"] = [{"language": "en", "event": "Exercise", "headline": made["header"]["subject"]}]
    body |= {"observed_at": soon(minutes=-5), "expires": soon(hours=20)}


@contextmanager
def drill_under_way(folder: Path) -> Iterator[None]:
    """A folder of drills with the catalogue, and one that is played while the block lasts."""
    write_catalogue(folder, catalogue())
    now = datetime.now(UTC)
    start = JournalStart(
        run="up-1", drill="baltic-life", title="Life in the Baltic", started_at=now, nations=NATIONS
    )
    with JournalWriter(folder, start) as journal:
        for place, title in enumerate(INJECTS):
            nation = NATIONS[place % len(NATIONS)]
            journal.add(
                JournalLine(
                    at=now, nation=nation, storyline="Ice", title=title, did="publish", became=Played.DONE
                )
            )
        yield
