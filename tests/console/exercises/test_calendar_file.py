"""The iCalendar file, read back by a reader that reads other people's files as expected."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Component

from console.calendar.exercises import Exercise, exercise_of
from console.calendar.file import calendar_file, uid_of
from tests.console.exercises.notices import entry, exercise
from tests.shared_data import shared_data


def file_of(*exercises: Exercise) -> bytes:
    return calendar_file(
        exercises, name="XBB", serial_name=lambda serial: serial.name, shown=lambda text: text
    )


def events(raw: bytes) -> list[Any]:
    return list(Calendar.from_ical(raw).walk("VEVENT"))


def whole(**changes: Any) -> Exercise:
    made = exercise_of(entry(**changes), own=False, path="messages/in/1")
    assert isinstance(made, Exercise)
    return made


def test_the_reader_reads_other_peoples_files() -> None:
    """What proves something about our file must itself be right."""
    folder = shared_data("ical")
    for case in json.loads((folder / "index.json").read_text()):
        read = Component.from_ical((folder / case["file"]).read_bytes())
        parts = list(read.walk())
        assert sorted({str(part.name) for part in parts}) == case["components"], case["file"]
        assert sum(len(part.errors) for part in parts) == case["recorded_errors"], case["file"]


def test_the_file_holds_the_exercise_and_its_serials() -> None:
    made = whole()
    first, *serials = events(file_of(made))
    assert first["UID"] == uid_of(made)
    assert first["DTSTART"].dt == made.notice.start
    assert first["DTEND"].dt == made.notice.end
    assert first["DTSTAMP"].dt == made.issued_at
    assert first["SUMMARY"] == "[REALM OPEN] OPERATION: Exercise COLD FJORD 30"
    assert first["LOCATION"] == made.notice.areas[0].description
    assert len(serials) == 6
    assert {each["RELATED-TO"] for each in serials} == {first["UID"]}
    assert len({each["UID"] for each in serials}) == 6
    assert [each["DTSTART"].dt for each in serials] == sorted(s.start for s in made.serials)


def test_the_marking_stands_in_every_entry() -> None:
    for event in events(file_of(whole())):
        assert event["SUMMARY"].startswith("[REALM OPEN] ")
        lines = event["DESCRIPTION"].split("\n")
        assert lines[0] == lines[-1] == "REALM OPEN"


def test_a_revision_replaces_what_the_calendar_has() -> None:
    revised = entry(
        header={"message_id": "019b3c00-0000-7000-8000-000000000002"}, start="2030-03-05T06:00:00Z"
    )
    revised["message"]["body"]["phases"] = []
    again = exercise_of(revised | {"history": ["a", "b"]}, own=False, path="x")
    assert isinstance(again, Exercise)
    assert uid_of(again) == uid_of(whole())
    assert events(file_of(again))[0]["SEQUENCE"] == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"header": {"originator": "XBB"}},
        {"exercise_id": "COLD/FJORD 30"},
        {"header": {"mode": "EXERCISE", "exercise_id": "GAME"}},
    ],
    ids=["another originator", "another exercise", "played in a game"],
)
def test_different_exercises_never_replace_each_other(changes: dict[str, Any]) -> None:
    assert uid_of(whole(**changes)) != uid_of(whole())


def test_lines_are_folded_and_end_as_the_standard_says() -> None:
    raw = file_of(exercise(purpose="ä" * 500, designation="x" * 190))
    lines = raw.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)


HOSTILE = ["BEGIN:VEVENT", "x\\nEND:VCALENDAR", "a;b,c\\;d", 'quote " here', "=1+1", "tab\there", "😀 é ⟦"]
texts = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=120)


@given(st.one_of(st.sampled_from(HOSTILE), texts))
def test_whatever_a_partner_writes_stays_inside_its_field(text: str) -> None:
    try:
        made = exercise(designation=text)
    except AssertionError:
        return
    (event,) = events(file_of(made))
    assert event["SUMMARY"] == f"[REALM OPEN] OPERATION: {text}"
    assert event["DTSTART"].dt == datetime(2030, 3, 4, 6, tzinfo=UTC)


def test_paragraphs_keep_their_line_breaks() -> None:
    (event,) = events(file_of(exercise(purpose="one\nBEGIN:VEVENT\r\nUID:x")))
    assert "one\nBEGIN:VEVENT" in event["DESCRIPTION"]
