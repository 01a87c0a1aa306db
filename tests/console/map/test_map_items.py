"""What stands on the map: which messages, from when until when, in which order; where nations are drawn."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from console.mapping.items import MapItem, as_json, in_order, own_item, received_item
from console.mapping.places import read_places
from tests.console.exercises.notices import entry as notice_entry
from tests.console.seeding import draft

NOW = datetime(2026, 11, 22, 1, 46, tzinfo=UTC)
ID = "019b3c00-0000-7000-8000-000000000001"


def alert(header: dict[str, Any] | None = None, **body: Any) -> dict[str, Any]:
    """An inbox entry with an alert."""
    message = deepcopy(draft("threat_alert", "XBB", subject="Fog", precedence="FLASH"))
    for name in ("effective_at", "expires_at"):
        message["header"].pop(name, None)
    for name in ("expires", "onset"):
        message["body"].pop(name, None)
    message["header"] |= {"originator": "XBB", "message_id": ID, "issued_at": NOW.isoformat()}
    message["header"] |= header or {}
    message["body"] |= body
    return {"originator": "XBB", "message_id": ID, "marking": "NATO RESTRICTED", "message": message}


def item(header: dict[str, Any] | None = None, **body: Any) -> MapItem:
    made = received_item(alert(header, **body))
    assert made is not None
    return made


def at(hours: float) -> str:
    return (NOW + timedelta(hours=hours)).isoformat()


@pytest.mark.parametrize(
    ("header", "body", "starts", "ends"),
    [
        pytest.param({}, {}, 0, None, id="from its issue, without an end"),
        pytest.param({"effective_at": at(2), "expires_at": at(5)}, {}, 2, 5, id="as its header says"),
        pytest.param({}, {"expires": at(3)}, 0, 3, id="until what its body says"),
        pytest.param({"expires_at": at(9)}, {"expires": at(3)}, 0, 3, id="until the earlier of both"),
    ],
)
def test_when_an_alert_is_in_force(
    header: dict[str, Any], body: dict[str, Any], starts: float, ends: float | None
) -> None:
    made = item(header, **body)
    assert made.starts == NOW + timedelta(hours=starts)
    assert made.ends == (None if ends is None else NOW + timedelta(hours=ends))
    assert made.running(made.starts)
    assert not made.running(made.starts - timedelta(seconds=1))
    if made.ends is not None:
        assert made.over(made.ends)
        assert not made.running(made.ends)


def test_what_has_no_content_or_only_cancels_is_not_on_the_map() -> None:
    assert received_item(alert() | {"message": None}) is None
    assert received_item(alert(action="CANCEL")) is None


def test_an_exercise_runs_from_its_start_to_its_end() -> None:
    made = received_item(notice_entry())
    assert made is not None
    assert made.exercise
    assert made.mark == "COLD FJORD 30"
    assert (made.starts.day, made.ends and made.ends.day) == (4, 22)


def test_what_runs_comes_first_then_what_comes_then_what_is_over_each_by_precedence() -> None:
    made = [
        item({"precedence": "FLASH", "effective_at": at(3), "subject": "later flash"}),
        item({"precedence": "ROUTINE", "subject": "routine"}),
        item({"precedence": "FLASH", "expires_at": at(0), "effective_at": at(-3), "subject": "old flash"}),
        item({"precedence": "IMMEDIATE", "subject": "immediate"}),
        item({"precedence": "FLASH", "subject": "flash"}),
    ]
    subjects = [each.subject for each in in_order(made, NOW)]
    assert subjects == ["flash", "immediate", "routine", "later flash", "old flash"]


def test_own_alerts_say_how_many_acknowledged() -> None:
    states = ("queued", "delivered", "acknowledged", "actioned")
    made = own_item(alert() | {"publication_id": "p", "deliveries": [{"state": state} for state in states]})
    assert made is not None
    assert made.acknowledged == (2, 4)
    assert made.path == "messages/out/p"


def test_what_the_script_gets_has_outlines_and_no_words_of_the_message() -> None:
    told = as_json(item())
    assert set(told) == {"key", "mark", "precedence", "exercise", "starts", "ends", "areas"}
    assert all(set(area) == {"geometry", "circles"} for area in told["areas"])


def test_hostile_marks_are_shown_by_number() -> None:
    entry = notice_entry()
    entry["message"]["body"]["exercise_id"] = "A\u202eB"
    made = received_item(entry)
    assert made is not None
    assert as_json(made)["mark"] == "A⟦U+202E⟧B"


def test_every_double_letter_of_a_fictional_nation_has_a_place_of_its_own() -> None:
    places = read_places()
    fictional = [f"X{letter}{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    stated = {(places[name].longitude, places[name].latitude) for name in fictional}
    assert len(stated) == 26


def test_a_file_replaces_single_places(tmp_path: Path) -> None:
    path = tmp_path / "places.toml"
    path.write_text("XAA = { longitude = 1.5, latitude = -2 }\n")
    places = read_places(path)
    assert (places["XAA"].longitude, places["XAA"].latitude) == (1.5, -2)
    assert places["XBB"] == read_places()["XBB"]


@pytest.mark.parametrize(
    "text",
    [
        "XAA = { longitude = 181, latitude = 0 }",
        "XAA = { longitude = 0, latitude = 89 }",
        "XAA = { longitude = 0 }",
        "XAA = { longitude = 0, latitude = 0, name = 'x' }",
        "nowhere = { longitude = 0, latitude = 0 }",
    ],
    ids=["beyond 180", "beyond the map", "without latitude", "with a name", "of no nation"],
)
def test_a_bad_file_of_places_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "places.toml"
    path.write_text(text)
    with pytest.raises(ValidationError):
        read_places(path)
