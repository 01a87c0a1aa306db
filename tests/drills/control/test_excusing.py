"""What is judged of a drill of which something was skipped, or that was aborted. No realm: outcomes alone."""

from datetime import UTC, datetime

from drills.after_action.reviewing import review
from drills.control import Answer, Course
from drills.course import CopyTimes, InjectOutcome
from drills.excusing import judged_by, with_control
from drills.exercise_control import ExerciseControl
from drills.expectation import Expectation
from drills.objectives import Measure, Objective, Rating
from drills.outcome import DrillOutcome, MessageOutcome, NationOutcome
from drills.report import render_html
from drills.scenario_file import load_scenario
from drills.table import verdict
from schemas.drill_control import ControlAct
from schemas.drill_journal import WhyNot
from tests.drills.drill_process import SMALL

SCENARIO = load_scenario(SMALL)
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def course(*acts: tuple[ControlAct, str | None], played: int = 0) -> Course:
    """The small drill's course after so many injects and these acts."""
    one = ExerciseControl(SCENARIO).course
    for inject in SCENARIO.injects[:played]:
        assert one.comes_to(inject.serial, due=True) is Answer.PLAY
    for act, serial in acts:
        assert one.act(act, "XAA ed", serial) is None
    return one


def outcome(*objectives: Objective) -> DrillOutcome:
    """One alert, delivered to XBB and never acknowledged there."""
    copy = NationOutcome(
        nation="XBB",
        must_have=True,
        permit=True,
        code="RELEASE_PERMITTED",
        explanation="",
        state="delivered",
        times=CopyTimes(delivered_at=NOW, acknowledge_by=NOW),
        as_expected=True,
    )
    message = MessageOutcome(
        serial="1.1",
        title="An alert",
        originator="XAA",
        kind="threat_alert",
        precedence="FLASH",
        classification="REALM OPEN",
        releasable_to=("XBB",),
        message_id="m",
        accepted_at=NOW,
        nations=(copy,),
    )
    alert = InjectOutcome(
        serial="1.1", title="An alert", nation="XAA", kind="publish", at=NOW, objectives=("O1",)
    )
    return DrillOutcome(
        title="Small",
        summary="Small",
        exercise_id="SMALL 1",
        started_at=NOW,
        seconds=1.0,
        nations=("XAA", "XBB"),
        objectives=objectives,
        injects=(alert,),
        messages=(message,),
    )


O1 = Objective(id="O1", title="Acknowledged", measure=Measure.ACKNOWLEDGED, goal_seconds=60)


def wanted(one: Course, serial: str) -> Expectation:
    return judged_by(SCENARIO, one).expectation(serial)


def test_nobody_is_waited_for_whose_acknowledgement_was_skipped() -> None:
    skipped = course((ControlAct.SKIP, "1.2"))
    assert wanted(skipped, "1.1").acknowledged_by == ()
    assert wanted(skipped, "1.1").must_have == ("XBB",), "what was played is judged"
    assert wanted(course(), "1.1").acknowledged_by == ("XBB",)


def test_no_objective_counts_what_was_skipped_and_none_is_silently_green() -> None:
    before = outcome(O1)
    assert review(before).objectives[0].rating is Rating.UNABLE
    after = with_control(before, SCENARIO, course((ControlAct.SKIP, "1.2")))
    assert review(after).objectives[0].rating is Rating.NOT_OBSERVED
    assert [(each.serial, each.by, each.why) for each in after.skipped] == [("1.2", "XAA ed", WhyNot.ASKED)]
    page = render_html(after)
    assert "1 skipped, and not judged." in page
    assert "Passed: every expectation was met." not in page
    assert "1 skipped" in verdict(after).plain
    assert "Passed: every expectation was met." in render_html(before)


def test_an_objective_of_skipped_injects_alone_is_not_measured_over_all_others() -> None:
    only_last = SCENARIO.model_copy(
        update={
            "injects": tuple(
                inject.model_copy(update={"objectives": ("O2",)}) if inject.serial == "6.2" else inject
                for inject in SCENARIO.injects
            )
        }
    )
    objective = Objective(id="O2", title="Delivered", measure=Measure.NOTHING_LOST)
    after = with_control(outcome(objective), only_last, course((ControlAct.SKIP, "6.2")))
    assert review(after).objectives[0].rating is Rating.NOT_OBSERVED


def test_what_an_aborted_drill_did_not_come_to_is_cancelled_and_counts_against_nobody() -> None:
    aborted = course((ControlAct.ABORT, None), played=1)
    after = with_control(outcome(O1), SCENARIO, aborted)
    assert after.aborted_by == "XAA ed"
    assert len(after.cancelled) == len(SCENARIO.injects) - 1
    assert review(after).objectives[0].rating is Rating.NOT_OBSERVED
    assert wanted(aborted, "1.1").acknowledged_by == ()
    assert "ABORTED by XAA ed" in verdict(after).plain
    assert f"Aborted by XAA ed: {len(SCENARIO.injects) - 1} injects not played." in render_html(after)


def test_a_drill_of_which_everything_was_skipped_does_not_pass() -> None:
    all_of_it = course()
    while (serial := all_of_it.next) is not None:
        assert all_of_it.act(ControlAct.SKIP, "XAA ed", serial) is None
    after = with_control(outcome().model_copy(update={"injects": (), "messages": ()}), SCENARIO, all_of_it)
    assert after.failures == ("nothing was played, and so nothing was judged",)
    aborted = course((ControlAct.ABORT, None))
    before = outcome().model_copy(update={"injects": (), "messages": ()})
    assert with_control(before, SCENARIO, aborted).failures == ()


def test_what_broke_after_something_was_skipped_fails_the_drill() -> None:
    one = course((ControlAct.SKIP, "1.2"), played=1)
    assert one.comes_to("2.1", due=True) is Answer.PLAY
    assert one.broke("2.1", "XBB's gateway is gone")
    (failure,) = with_control(outcome(), SCENARIO, one).failures
    assert failure == "2.1: could not be played after what was skipped: XBB's gateway is gone"
    after = with_control(outcome(), SCENARIO, one)
    assert "FAILED" in verdict(after).plain
    assert review(after).leaked == 0, "it reached nobody"
