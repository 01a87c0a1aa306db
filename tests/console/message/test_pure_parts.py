"""Positions, differences, JSON that hides nothing, shell words, progress and trail: the page's pure parts."""

import copy
import json
import subprocess
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.rendering.curl import curl_for, quoted
from console.rendering.differences import MOST, differences
from console.rendering.naming import no_words
from console.rendering.places import MAX_POSITIONS, position, shape_of
from console.rendering.plain_json import plain_json
from console.rendering.progress import acknowledged, recipients
from console.rendering.trail import trail
from console.rendering.values import Coded, Nations, Prose
from console.visible import visible
from tests.console.message.test_rendering import BODIES, example, schema_of


@pytest.mark.parametrize(
    ("longitude", "latitude", "words"),
    [
        (24.21, 59.68, "59°40.8′N 024°12.6′E"),
        (-0.0001, -0.0001, "00°00.0′N 000°00.0′E"),
        (-77.5, -12.25, "12°15.0′S 077°30.0′W"),
        (179.99999, 59.99999, "60°00.0′N 180°00.0′E"),
        (0, 90, "90°00.0′N 000°00.0′E"),
    ],
)
def test_a_position_is_read_out_in_degrees_and_minutes(longitude: float, latitude: float, words: str) -> None:
    assert position(longitude, latitude) == words


def test_an_outline_with_a_hole_keeps_them_apart() -> None:
    square = [[0, 0], [2, 0], [2, 2], [0, 0]]
    shape = shape_of({"type": "Polygon", "coordinates": [square, square]})
    assert shape is not None
    assert [ring.hole for ring in shape.rings] == [False, True]
    several = shape_of({"type": "MultiPolygon", "coordinates": [[square], [square, square]]})
    assert several is not None
    assert [ring.hole for ring in several.rings] == [False, False, True]


def test_an_outline_of_ten_thousand_positions_is_cut_and_says_so() -> None:
    shape = shape_of({"type": "LineString", "coordinates": [[0, 0]] * 10_000})
    assert shape is not None
    assert (len(shape.rings[0].positions), shape.rings[0].total) == (MAX_POSITIONS, 10_000)


@pytest.mark.parametrize(
    "value",
    [
        {"type": "Polygon", "coordinates": [[["a", 1]]]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Point", "coordinates": [1, 95]},
        {"type": "Point", "coordinates": [1, 5], "more": 1},
        {"type": "ACTIVE", "coordinates": [1, 5]},
        {"type": "Point"},
    ],
)
def test_what_is_no_geometry_is_not_taken_for_one(value: dict[str, Any]) -> None:
    assert shape_of(value) is None


def test_differences_are_told_field_by_field() -> None:
    before = example("threat_alert")
    before["header"] |= {"message_id": "1", "issued_at": "2026-01-01T00:00:00Z"}
    after = copy.deepcopy(before)
    after["header"] |= {"message_id": "2", "subject": "Other", "action_addressees": ["XBB", "XCC"]}
    after["body"]["severity"] = "Extreme"
    after["body"]["areas"][0]["description"] = "Eastern slope"
    del after["body"]["confidence"]
    found = differences(before, after, schema_of("threat_alert"), no_words)
    assert [(each.pointer, each.before, each.after) for each in found] == [
        ("/body/severity", Coded("Severe", "Severe"), Coded("Extreme", "Extreme")),
        (
            "/body/areas/0/description",
            Prose("Middle Strait, western slope", "en"),
            Prose("Eastern slope", "en"),
        ),
        ("/body/confidence", Coded("MODERATE", "MODERATE"), None),
        ("/header/action_addressees", Nations(("XBB",)), Nations(("XBB", "XCC"))),
        ("/header/subject", Prose(str(before["header"]["subject"]), "en"), Prose("Other", "en")),
    ]
    assert found[1].path == ("Areas 1", "Description")


def test_the_same_message_differs_in_nothing_and_true_is_not_one() -> None:
    message = example("exercise_notice")
    assert differences(message, copy.deepcopy(message), schema_of("exercise_notice"), no_words) == ()
    changed = copy.deepcopy(message)
    changed["body"]["live_fire"] = 1
    assert len(differences(message, changed, schema_of("exercise_notice"), no_words)) == 1


def test_an_absent_field_and_an_empty_one_are_the_same() -> None:
    assert differences({"body": {"areas": []}}, {"body": {}}, None, no_words) == ()


@given(before=BODIES, after=BODIES)
def test_any_two_bodies_can_be_compared(before: Any, after: Any) -> None:
    found = differences({"body": before}, {"body": after}, schema_of("threat_alert"), no_words)
    assert len(found) <= MOST
    if isinstance(before, dict) and isinstance(after, dict) and json.dumps(before) == json.dumps(after):
        assert found == ()


@given(
    value=BODIES.filter(lambda value: "Infinity" not in json.dumps(value) and "NaN" not in json.dumps(value))
)
def test_json_on_the_page_is_the_message_and_shows_every_character(value: Any) -> None:
    text = plain_json(value)
    assert json.loads(text) == value
    assert visible(text) == text


def test_json_writes_out_what_would_hide_or_turn_text() -> None:
    assert plain_json("a\u202eb\u200b\U000e0041\x00é") == '"a\\u202eb\\u200b\\udb40\\udc41\\u0000é"'


@settings(max_examples=25)
@given(words=st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), min_size=1, max_size=4))
def test_a_quoted_word_is_that_word_to_a_real_shell(words: list[str]) -> None:
    line = "printf '%s\\0' " + " ".join(map(quoted, words))
    printed = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=True).stdout
    assert printed.decode().split("\0")[:-1] == words


def test_the_command_line_holds_no_token_and_cannot_be_broken_out_of() -> None:
    line = curl_for("https://gateway.example/", "/v1/inbox/it's;reboot")
    assert line == """curl -sS -H @"$ENTENTE_AUTH" 'https://gateway.example/v1/inbox/it'\\''s;reboot'"""
    assert "Bearer" not in line
    with pytest.raises(ValueError, match="NUL"):
        quoted("a\0b")


PUBLICATION = {
    "accepted_at": "2026-11-22T10:00:00Z",
    "decisions": [
        {"nation": "XBB", "addressed": "info"},
        {"nation": "XCC", "addressed": "action"},
        {"nation": "XDD", "addressed": "info"},
    ],
    "deliveries": [
        {
            "nation": "XBB",
            "state": "read",
            "receipts": [
                {
                    "status": "delivered",
                    "at": "2026-11-22T09:59:59Z",
                    "recorded_at": "2026-11-22T10:00:00.6Z",
                },
                {"status": "read", "at": "2026-11-22T10:00:03Z", "recorded_at": "2026-11-22T10:00:04Z"},
            ],
            "overdue": [],
        },
        {
            "nation": "XCC",
            "state": "sent",
            "receipts": [],
            "overdue": ["delivery"],
            "sent_at": "2026-11-22T10:00:00Z",
        },
        {"nation": "XDD", "state": "refused", "reason": "EQUIVOCATION", "receipts": [], "overdue": []},
    ],
}


def test_progress_has_three_steps_and_says_what_is_overdue() -> None:
    found = recipients(PUBLICATION)
    assert [(each.nation, each.role, each.steps, each.tone) for each in found] == [
        ("XCC", "action", 1, "overdue"),
        ("XBB", "info", 2, "reached"),
        ("XDD", "info", 0, "overdue"),
    ]
    assert [signed.seconds for signed in found[1].signed] == [0.6, 4.0]
    assert found[1].seconds == 4.0
    assert acknowledged(found) == 0


def test_a_trail_tells_how_long_after_the_first_record_each_came() -> None:
    items = [
        {
            "audit_seq": 7,
            "record": {"at": "2026-11-22T10:00:00Z", "event": "publication.accepted", "actor": "x"},
        },
        {"audit_seq": 8, "record": {"event": "no.time"}},
        {
            "audit_seq": 9,
            "record": {
                "at": "2026-11-22T10:00:00.5Z",
                "event": "delivery.set-aside",
                "actor": "gateway",
                "outcome": "refused",
                "partner": "XBB",
            },
        },
    ]
    first, last = trail(items)
    assert (first.after, last.after) == (0.0, 0.5)
    assert (last.key, last.refused, last.partner) == ("delivery_set_aside", True, "XBB")
