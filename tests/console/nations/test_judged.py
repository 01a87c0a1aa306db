"""What of a partner is marked, and who stands first: normal is quiet."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.durations import offset, short, spread
from console.nations.bars import HEIGHT, bars
from console.nations.judged import Level, judge, worst_first
from schemas.base import rfc3339

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def ago(**time: float) -> str:
    return rfc3339(NOW - timedelta(**time))


def partner(nation: str = "XBB", **changes: Any) -> dict[str, Any]:
    """One with nothing wrong."""
    well: dict[str, Any] = {
        "nation": nation,
        "display_name": "Borduria",
        "status": "active",
        "keys_in_force": 9,
        "keys_end_at": rfc3339(NOW + timedelta(days=300)),
        "queued": 0,
        "sealed": 0,
        "unreceipted": 3,
        "missing": 0,
        "lane_alarms": [],
        "held": 0,
        "last_heard_at": ago(seconds=4),
        "overdue": {"delivery": 0, "acknowledgement": 0},
        "flash_unacknowledged": 0,
        "activity": {"begins_at": ago(minutes=19), "sent": [0] * 20, "received": [0] * 20},
        "pace": {"measured": 50, "delivery_seconds": 0.4, "acknowledgement_seconds": 90.0}
        | {"clock_offset_seconds": 0.004, "clock_within_seconds": 0.01},
    }
    return well | changes


def marked(**changes: Any) -> dict[str, str]:
    """The cells that are not quiet."""
    found = judge(partner(**changes), NOW)
    names = ("heard", "backlog", "flash", "overdue", "missing", "held", "delivery", "offset", "key_days")
    return {
        name: cell.level.value for name in names if (cell := getattr(found, name)).level is not Level.QUIET
    }


def test_a_partner_that_is_well_has_no_mark() -> None:
    assert marked() == {}
    assert judge(partner(), NOW).level is Level.QUIET


@pytest.mark.parametrize(
    ("changes", "marks"),
    [
        pytest.param({"silent_since": ago(minutes=3)}, {"heard": "bad"}, id="silent"),
        pytest.param(
            {"last_heard_at": ago(minutes=40)}, {"heard": "warn"}, id="late without any other reason"
        ),
        pytest.param({"queued": 10, "sealed": 10}, {"backlog": "warn"}, id="a backlog"),
        pytest.param({"unreceipted": 218}, {"backlog": "bad"}, id="a large backlog"),
        pytest.param({"flash_unacknowledged": 2}, {}, id="FLASH that is not overdue is quiet"),
        pytest.param(
            {"flash_unacknowledged": 2, "overdue": {"delivery": 0, "acknowledgement": 2}},
            {"flash": "bad", "overdue": "warn"},
            id="FLASH that is overdue",
        ),
        pytest.param({"missing": 1}, {"missing": "warn"}, id="missing serials"),
        pytest.param({"held": 1}, {"held": "warn"}, id="held bundles"),
        pytest.param({"pace": {"delivery_seconds": 31.0}}, {"delivery": "warn"}, id="slow delivery"),
        pytest.param({"pace": {"acknowledgement_seconds": 9e4}}, {}, id="people take the time they take"),
        pytest.param(
            {"pace": {"clock_offset_seconds": 4.0, "clock_within_seconds": 3.9}},
            {},
            id="a slow line, no wrong clock",
        ),
        pytest.param(
            {"pace": {"clock_offset_seconds": -0.7, "clock_within_seconds": 0.1}},
            {"offset": "warn"},
            id="a clock off",
        ),
        pytest.param(
            {"pace": {"clock_offset_seconds": 640.0, "clock_within_seconds": 1.0}},
            {"offset": "bad"},
            id="far off",
        ),
        pytest.param(
            {"keys_end_at": rfc3339(NOW + timedelta(days=9))}, {"key_days": "warn"}, id="keys end soon"
        ),
        pytest.param({"keys_end_at": rfc3339(NOW + timedelta(days=2))}, {"key_days": "bad"}, id="at once"),
        pytest.param({"keys_in_force": 0, "keys_end_at": None}, {"key_days": "bad"}, id="no key counts"),
    ],
)
def test_what_needs_a_person_is_marked_and_nothing_else(
    changes: dict[str, Any], marks: dict[str, str]
) -> None:
    assert marked(**changes) == marks


@pytest.mark.parametrize(
    ("changes", "link"),
    [
        ({}, "heard"),
        ({"silent_since": ago(minutes=3)}, "silent"),
        ({"status": "suspended"}, "suspended"),
        ({"lane_alarms": ["WITHHELD"]}, "alarmed"),
        ({"missing": 4}, "gaps"),
        ({"last_heard_at": ago(hours=1)}, "late"),
        ({"last_heard_at": None}, "unheard"),
    ],
)
def test_the_link_says_one_word(changes: dict[str, Any], link: str) -> None:
    assert judge(partner(**changes), NOW).link == link


def test_figures_that_are_not_shown_are_unknown_and_not_well() -> None:
    keys = ("nation", "display_name", "status", "keys_in_force", "keys_end_at")
    found = judge({name: partner()[name] for name in keys}, NOW)
    assert found.link == "unknown"
    assert not found.figures
    for cell in (found.backlog, found.flash, found.overdue, found.missing):
        assert cell.value is None


def test_the_worst_stands_first() -> None:
    listed = [
        partner("XAB"),
        partner("XAC", keys_end_at=rfc3339(NOW + timedelta(days=9))),
        partner("XAD", silent_since=ago(minutes=3)),
        partner("XAE", missing=3),
        partner("XAF", status="suspended"),
        partner("XAG", silent_since=ago(minutes=3), unreceipted=300),
    ]
    assert [each.code for each in worst_first(listed, NOW)] == ["XAG", "XAD", "XAE", "XAF", "XAC", "XAB"]


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=20), st.integers(0, 100))
def test_bars_stay_in_their_height_and_show_every_message(minutes: list[tuple[int, int]], scale: int) -> None:
    for bar, (sent, received) in zip(bars(minutes, scale), minutes, strict=True):
        assert 0 <= bar.sent_y <= bar.received_y <= HEIGHT
        assert bar.received_y + bar.received == HEIGHT
        assert bar.sent_y + bar.sent == bar.received_y
        assert (bar.sent + bar.received > 0) == (sent + received > 0)
        assert (bar.received > 0) == (received > 0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0.82, "0.8 s"),
        (12, "12 s"),
        (599, "9 min"),
        (7200, "2 h"),
        (400_000, "4 d"),
        (-3, "−3.0 s"),
    ],
)
def test_a_length_of_time_is_short(seconds: float | None, words: str) -> None:
    assert short(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "–"), (0.0041, "+4 ms"), (-0.038, "−38 ms"), (2.54, "+2.5 s"), (640, "+10 min"), (-4000, "−1 h")],
)
def test_an_offset_has_a_sign(seconds: float | None, words: str) -> None:
    assert offset(seconds) == words


def test_what_an_offset_leaves_open_has_none() -> None:
    assert spread(0.0107) == "11 ms"
