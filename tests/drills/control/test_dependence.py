"""What skipping an inject takes along, in the scenarios that come with Entente."""

from pathlib import Path

import pytest

from drills.dependence import brings_back, needs
from drills.scenario_file import find_scenario, load_scenario
from tests.drills.drill_process import SMALL


@pytest.mark.parametrize(
    ("scenario", "serial", "needed"),
    [
        pytest.param(SMALL, "1.2", {"1.1"}, id="an acknowledgement needs its message"),
        pytest.param(SMALL, "2.1", set(), id="a draft like another needs no message"),
        pytest.param(SMALL, "6.2", {"1.1"}, id="an update needs no acknowledgement of what it updates"),
        pytest.param(SMALL, "6.3", {"1.1", "6.2"}, id="what is judged by a chain needs the whole chain"),
        pytest.param(SMALL, "5.2", {"5.1"}, id="a forged signature needs the proposal"),
    ],
)
def test_an_inject_needs(scenario: Path | str, serial: str, needed: set[str]) -> None:
    assert set(needs(load_scenario(find_scenario(str(scenario))))[serial]) == needed


def test_every_step_of_an_agreement_needs_the_steps_before() -> None:
    loaded = load_scenario(find_scenario("three-shores"))
    steps = [each for each in loaded.injects if each.agreement is not None]
    for place, each in enumerate(steps):
        before = {other.serial for other in steps[:place] if other.about_agreement == each.about_agreement}
        assert before <= needs(loaded)[each.serial]
    assert steps


def test_the_end_of_a_fault_needs_its_beginning() -> None:
    loaded = load_scenario(find_scenario("bad-day"))
    injects = {inject.serial: inject for inject in loaded.injects}
    ends = [each for each in loaded.injects if brings_back(each)]
    for each in ends:
        (begin,) = (injects[other] for other in needs(loaded)[each.serial] if injects[other].fault)
        assert not brings_back(begin)
    assert ends


def test_nothing_needs_what_comes_after_it() -> None:
    for name in ("baltic-guard", "bad-day", "monsoon", "three-shores"):
        loaded = load_scenario(find_scenario(name))
        order = [inject.serial for inject in loaded.injects]
        for serial, needed in needs(loaded).items():
            assert all(order.index(other) < order.index(serial) for other in needed)
