"""When a message was taken back is told from the play."""

from drills.scenario_file import load_scenario
from drills.taken_back import with_taken_back
from tests.drills.after_action.made import at, drill, message
from tests.drills.test_scenario import SMALL


def test_what_is_cancelled_or_recalled_was_taken_back_when_that_was_played() -> None:
    scenario = load_scenario(SMALL)
    inject = next(each for each in scenario.injects if each.recall is not None)
    assert inject.recall is not None
    recalled = inject.recall.inject
    outcome = drill(message("1.1", 0), message(recalled, 10))

    def taken(*played: str) -> dict[str, object]:
        found = with_taken_back(outcome, scenario, {serial: at(50) for serial in played})
        return {each.serial: each.taken_back_at for each in found.messages}

    assert taken(recalled, inject.serial)[recalled] == at(50)
    assert taken(recalled)[recalled] is None, "what was not played took nothing back"
