"""The scenarios that come with Entente, each in a realm of its own: real processes, a real broker."""

from pathlib import Path

import pytest

from drills.after_action.reviewing import review
from drills.course import StoodStill
from drills.injects import Fault
from drills.objectives import Rating
from drills.outcome import DrillOutcome
from drills.scenario_file import list_scenarios
from tests.drills.test_drill_run import drill


@pytest.mark.parametrize("name", ["bad-day", "ocean-accord"])
def test_a_scenario_of_the_library_passes_in_less_than_a_minute(tmp_path: Path, name: str) -> None:
    code, told = drill(tmp_path, name)
    assert told.pop("failures") == []
    assert code == 0
    assert told["seconds"] < 60
    outcome = DrillOutcome.model_validate_json((next((tmp_path / "reports").glob("*.json"))).read_bytes())
    found = review(outcome)
    assert (found.lost, found.leaked, found.gaps) == (0, 0, 0)
    ratings = {each.rating for each in found.objectives if each.measure.value.startswith("NOTHING")}
    assert ratings <= {Rating.PERFORMED}
    if name == "bad-day":
        stood = [(each.what, each.nation) for each in outcome.outages if each.until is not None]
        assert stood == [
            (StoodStill.GATEWAY, "XBB"),
            (StoodStill.GATEWAY, "XCC"),
            (StoodStill.LINK, "XBB"),
            (StoodStill.BROKER, None),
        ]
        assert all(each.held_up for each in found.recoveries)


def test_the_library_plays_every_fault() -> None:
    played = {
        inject.fault
        for each in list_scenarios()
        for inject in each.scenario.injects
        if inject.fault is not None
    }
    assert played == set(Fault)
