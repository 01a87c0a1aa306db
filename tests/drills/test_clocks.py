"""Clocks that a drill sets wrong: how a scenario writes it, and the clock of a drilled gateway."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from drills.clock_error import clock_error
from drills.inject import Inject
from entente.drilled_gateway import SetClock, drilled, set_clock
from entente.terminal import CommandFailed

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


@pytest.mark.parametrize(
    ("host", "broker"), [("0.0.0.0", "nats://127.0.0.1:1"), ("127.0.0.1", "nats://broker.example:4222")]
)
def test_a_gateway_whose_clock_can_be_set_runs_between_loopback_addresses_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, broker: str
) -> None:
    given = {"nation": "XAA", "realm": "sha256:" + 64 * "0", "keys_file": "k", "trust_dir": "t"}
    given |= {"state_dir": str(tmp_path / "state"), "host": host, "nats_url": broker}
    for name, value in {**given, "plain_http_beyond_loopback": "true"}.items():
        monkeypatch.setenv(f"ENTENTE_GATEWAY_{name.upper()}", value)
    set_clock(tmp_path / "clock", timedelta(0))
    with pytest.raises(CommandFailed, match="listens on loopback and has its broker there"):
        drilled(tmp_path / "clock")
    assert not (tmp_path / "state").exists()
