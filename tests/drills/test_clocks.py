"""Clocks that a drill sets wrong: how a scenario writes it, and the clock of a drilled gateway."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from drills.clock_error import clock_error
from drills.inject import Inject
from entente.drilled_gateway import SetClock, set_clock

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def skewed(**members: Any) -> Inject:
    given = {"serial": "1.1", "at": 0, "as": "XAA", "title": "A clock", "fault": "CLOCK_SKEWED", **members}
    return Inject.model_validate(given, strict=False)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("10m", timedelta(minutes=10)), ("-90s", timedelta(seconds=-90)), ("1h30m", timedelta(minutes=90))],
)
def test_a_clock_is_ahead_or_behind_by_what_is_written(written: str, meant: timedelta) -> None:
    assert clock_error(written) == meant
    assert skewed(by=written).by == written


@pytest.mark.parametrize(
    "members", [{}, *({"by": by} for by in ("", "0s", "-", "--1m", "25h", "ten minutes"))]
)
def test_a_wrong_clock_says_how_wrong_it_is(members: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        skewed(**members)


def test_no_other_fault_says_by_how_much() -> None:
    with pytest.raises(ValidationError, match="by goes with fault CLOCK_SKEWED"):
        skewed(fault="CLOCK_RIGHT", by="10m")


def test_what_is_written_to_its_file_counts_at_once_for_a_clock_that_runs(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    set_clock(file, timedelta(0))
    clock = SetClock(file, lambda: NOON)
    assert clock() == NOON
    set_clock(file, timedelta(minutes=-10))
    assert clock() == NOON - timedelta(minutes=10)
    set_clock(file, timedelta(0))
    assert clock() == NOON
