"""Exercises as an iCalendar file (RFC 5545), for the calendars that people use."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from hashlib import sha256

from icalendar import Calendar, Event

from console.calendar.exercises import Exercise, Serial

PRODUCT = "-//Entente//Exercise calendar//EN"
MEDIA_TYPE = "text/calendar"
Words = Callable[[str], str]


def calendar_file(
    exercises: Iterable[Exercise], *, name: str, serial_name: Callable[[Serial], str], shown: Words
) -> bytes:
    """The file. ``shown`` makes hostile characters of partners' text visible, ``serial_name`` says what a
    serial is in the reader's language.

    A calendar shows an entry's summary alone, so the marking stands in every summary and in the text again.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    for exercise in exercises:
        calendar.add_component(_whole(exercise, shown))
        for number, serial in enumerate(exercise.serials, 1):
            calendar.add_component(_serial(exercise, serial, number, serial_name(serial), shown))
    return bytes(calendar.to_ical())


def uid_of(exercise: Exercise) -> str:
    """The same for every revision of a notice, so that a calendar replaces what it has."""
    world = "-".join(filter(None, (exercise.originator, exercise.mode, exercise.game)))
    name = f"{world}-{exercise.notice.exercise_id}"
    apart = sha256(name.encode()).hexdigest()[:12]
    return f"{re.sub(r'[^A-Z0-9]+', '-', name)}-{apart}@exercises.entente.invalid"


def _whole(exercise: Exercise, shown: Words) -> Event:
    notice = exercise.notice
    entry = _entry(exercise, uid_of(exercise), notice.start, notice.end, shown(notice.designation), shown)
    entry.add("categories", ["EXERCISE", notice.exercise_type.value, *exercise.nations])
    entry.add("location", "; ".join(shown(area.description) for area in notice.areas))
    _describe(entry, exercise, [notice.purpose, ", ".join(exercise.nations), notice.safety_contact], shown)
    return entry


def _serial(exercise: Exercise, serial: Serial, number: int, name: str, shown: Words) -> Event:
    parent = uid_of(exercise)
    said = f"{shown(exercise.notice.designation)}: {name}"
    entry = _entry(exercise, f"{number}-{parent}", serial.start, serial.end, said, shown)
    entry.add("related-to", parent)
    entry.add("categories", ["EXERCISE", serial.type])
    if serial.areas:
        entry.add("location", "; ".join(shown(area.description) for area in serial.areas))
    _describe(entry, exercise, [serial.name], shown)
    return entry


def _entry(exercise: Exercise, uid: str, start: datetime, end: datetime, summary: str, shown: Words) -> Event:
    entry = Event()
    entry.add("uid", uid)
    entry.add("dtstamp", exercise.issued_at)
    entry.add("last-modified", exercise.issued_at)
    entry.add("sequence", exercise.revision)
    entry.add("dtstart", start)
    entry.add("dtend", end)
    mark = f"[{shown(exercise.marking)}] " if exercise.marking else ""
    entry.add("summary", f"{mark}{exercise.mode}: {summary}")
    entry.add("status", "CONFIRMED")
    entry.add("transp", "TRANSPARENT")
    entry.add("class", "CONFIDENTIAL")
    return entry


def _describe(entry: Event, exercise: Exercise, lines: list[str], shown: Words) -> None:
    marking = [shown(exercise.marking)] if exercise.marking else []
    said = [shown(line) for line in lines if line]
    entry.add("description", "\n".join([*marking, *said, exercise.message_id, *marking]))
