"""Which alarms a scenario may name, and when one counts as having sounded."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from bus.protocol.lane_health import LaneAlarm
from drills.after_action.in_time import in_time
from drills.alarm_watch import AlarmWatch
from drills.alarms import CODES, COUNTERS, GAUGES, Heard, figures_of, noise, over_time, sounded, unheard
from drills.expectation import Expectation
from drills.fitting import require_fitting
from drills.inject import Inject
from drills.outcome import EventOutcome
from drills.partner_system import Answer
from drills.scenario_file import find_scenario, load_scenario
from gateways.receiving.bells import RINGS
from tests.drills.after_action.made import drill, outage

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
NATIONS = {"XAA", "XBB"}


def expecting(**members: Any) -> Expectation:
    return Expectation.model_validate({"inject": "1.1", **members}, strict=False)


def fault(word: str) -> Inject:
    given = {"serial": "1.1", "at": 0, "as": "XAA", "title": "A fault", "fault": word}
    return Inject.model_validate(given, strict=False)


def test_the_alarms_that_may_be_named_are_those_that_gateways_have() -> None:
    listed = dict(
        re.findall(r"^\| `entente_alarm_(\w+)` \| (counter|gauge) ", PAGE.read_text(), re.MULTILINE)
    )
    assert {name for name, kind in listed.items() if kind == "counter"} == COUNTERS
    assert {name for name, kind in listed.items() if kind == "gauge"} == GAUGES
    assert {each.value for each in RINGS} | {each.code.value for each in LaneAlarm} == CODES


def test_an_alarm_that_nobody_has_is_refused() -> None:
    assert expecting(alarms={"XAA": ["broker_quota", "LANE_FLOODED"]}).alarms
    with pytest.raises(ValidationError, match="no gateway has an alarm of this name"):
        expecting(alarms={"XAA": ["broker_quotas"]})


@pytest.mark.parametrize(
    ("members", "word", "why"),
    [
        ({"quiet": True, "alarms": {"XAA": ["gaps"]}}, "LINK_CUT", "quiet is where no alarm must sound"),
        ({"alarms": {"XCC": ["gaps"]}}, "LINK_CUT", "the nations XCC"),
        ({"recovered_within": "20s"}, "LINK_RESTORED", "recovered_within goes with the beginning"),
        ({"recovered_within": "20s"}, "BROKER_WIPED", "recovered_within goes with the beginning"),
    ],
)
def test_what_does_not_go_together_is_refused(members: dict[str, Any], word: str, why: str) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        require_fitting(expecting(**members), fault(word), NATIONS)
    assert why in refused.value.message()


@pytest.mark.parametrize("written", ["0s", "20", "-5s", "25h", "soon"])
def test_a_recovery_takes_a_time_by_the_clock(written: str) -> None:
    with pytest.raises(ValidationError, match="not 30s, 2m or the like"):
        expecting(recovered_within=written)


def test_figures_are_read_from_the_metrics_by_their_alarm() -> None:
    text = """# TYPE entente_alarm_broker_quota counter
entente_alarm_broker_quota_total 2.0
# TYPE entente_alarm_overdue gauge
entente_alarm_overdue{partner="XBB",awaited="delivery"} 1.0
entente_alarm_overdue{partner="XCC",awaited="delivery"} 2.0
# TYPE entente_accepted counter
entente_accepted_total 9.0
"""
    assert figures_of(text) == {"broker_quota": 2.0, "overdue": 3.0}


@pytest.mark.parametrize(
    ("before", "after", "heard"),
    [
        ({"broker_quota": 1.0}, {"broker_quota": 2.0}, {"broker_quota"}),
        ({"broker_quota": 1.0}, {"broker_quota": 1.0}, set()),
        ({"broker_quota": 3.0}, {"broker_quota": 1.0}, {"broker_quota"}),
        ({"broker_quota": 3.0}, {"broker_quota": 0.0}, set()),
        ({}, {"gaps": 1.0}, {"gaps"}),
        ({"gaps": 3.0}, {"gaps": 1.0}, set()),
    ],
    ids=["more", "as much", "again since a restart", "a restart", "a gauge rises", "a gauge falls"],
)
def test_an_alarm_sounds_when_its_figure_rises(
    before: dict[str, float], after: dict[str, float], heard: set[str]
) -> None:
    assert set(sounded(Heard(before), Heard(after))) == heard


def test_a_gauge_that_rose_and_fell_in_between_has_sounded_and_events_say_when() -> None:
    old = ("LANE_SILENT", "2026-11-22T11:00:00Z")
    new = ("LANE_FLOODED", "2026-11-22T12:00:00Z")
    samples = [Heard({}, (old,)), Heard({"gaps": 2.0}, (old,)), Heard({}, (old, new, ("OPEN_FAILED", "")))]
    assert over_time(samples) == {"gaps": "", "LANE_FLOODED": "2026-11-22T12:00:00Z"}
    assert over_time(samples[:1]) == {}


def test_what_had_to_sound_and_did_not_is_named_and_so_is_noise() -> None:
    heard = {"XAA": {"gaps": ""}}
    assert unheard({"XAA": ["gaps"], "XBB": ["gaps"]}, heard) == ["gaps must sound at XBB, and did not"]
    assert noise(heard) == ["gaps sounded at XAA"]


class DeafPartner:
    """A gateway that answers as it is told: its metrics, None where the key may not know them, or nothing."""

    def __init__(self, nation: str, answers: list[str | Exception | None]) -> None:
        self.nation, self.answers = nation, answers

    async def metrics(self) -> str | None:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def look(self, path: str, parameters: dict[str, Any]) -> Answer:
        return Answer(200, {"items": [], "next": parameters["after"]})


GAPS = "# TYPE entente_alarm_gaps gauge\nentente_alarm_gaps 1.0\n"


@pytest.mark.parametrize(
    ("answers", "away", "remark"),
    [
        ([GAPS, GAPS], (), ""),
        ([GAPS, None], (), "whether an alarm sounded at XBB is not known"),
        ([GAPS, httpx.ConnectError("nobody")], (), "whether an alarm sounded at XBB is not known"),
        ([httpx.ConnectError("nobody"), GAPS], (), "gaps sounded at XBB"),
        ([], ("XBB",), ""),
    ],
    ids=["quiet", "our key may not know", "no answer", "none before", "away"],
)
async def test_silence_that_nobody_could_hear_is_not_quiet(
    answers: list[str | Exception | None], away: tuple[str, ...], remark: str
) -> None:
    inject = SimpleNamespace(serial="1.1", title="A fault", nation="XAA")
    scenario = SimpleNamespace(expectations=[expecting(quiet=True)], inject=lambda _: inject)
    watch = AlarmWatch(cast(Any, scenario), {"XBB": cast(Any, DeafPartner("XBB", answers))}, away)
    await watch.before("1.1")
    (outcome,) = await watch.outcomes(0.0)
    assert (outcome.remark, outcome.as_expected) == (remark, not remark)


def test_a_fault_that_lasts_to_the_end_is_not_over_in_time() -> None:
    scenario = load_scenario(find_scenario("bad-day"))
    events = (event("2.1.1"), event("2.1.3"))
    calm = drill(events=events)
    assert in_time(calm, scenario) == calm, "nothing is said of a fault that was not played"
    first, second = in_time(drill(events=events, outages=(outage("2.1.1", 5, None, "XBB"),)), scenario).events
    assert (first.as_expected, first.remark) == (False, "it must be over within 20s, and was not")
    assert second.as_expected
    over = in_time(drill(events=events, outages=(outage("2.1.1", 5, 9, "XBB"),)), scenario)
    assert over.events == events


def event(serial: str) -> EventOutcome:
    return EventOutcome(serial=serial, title="A fault", nation="XBB", what="something stops")
