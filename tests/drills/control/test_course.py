"""Where injects of a drill stand, whatever exercise staff asks for and in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from drills.control import AHEAD, Answer, Course
from schemas.drill_control import ControlAct
from schemas.drill_journal import InjectStatus, NotTaken, WhyNot

SERIALS = ("1.1", "1.2", "1.3", "2.1", "2.2")
NEEDS = {"1.2": frozenset({"1.1"}), "1.3": frozenset({"1.2"}), "2.2": frozenset({"2.1"})}
LAST = (InjectStatus.CLOSED, InjectStatus.SKIPPED, InjectStatus.CANCELLED)

Step = tuple[str, str]
STEPS = st.lists(
    st.one_of(
        st.sampled_from([("hold", ""), ("resume", ""), ("abort", ""), ("play", ""), ("wait", "")]),
        st.tuples(st.just("skip"), st.sampled_from((*SERIALS, "9.9"))),
        st.tuples(st.sampled_from(("close", "break", "come")), st.sampled_from(SERIALS)),
    ),
    max_size=30,
)


def course() -> Course:
    return Course(SERIALS, NEEDS, bringing_back={"2.2"})


def taken(course: Course, step: Step) -> Answer | NotTaken | None:
    """One step of the player or of exercise staff."""
    what, serial = step
    match what:
        case "play" | "wait":
            here = course.next
            return None if here is None else course.comes_to(here, due=what == "play")
        case "come":
            return course.comes_to(serial, due=True)
        case "close":
            course.close(serial)
        case "break":
            if course.status[serial] is InjectStatus.RELEASED:
                course.broke(serial, "REFUSED")
        case act:
            return course.act(ControlAct(act.upper()), "XAA ed", serial or None)
    return None


@given(STEPS)
def test_whatever_is_asked_for_each_inject_stands_in_one_status_and_never_goes_back(
    steps: list[Step],
) -> None:
    one, before = course(), dict.fromkeys(SERIALS, InjectStatus.PLANNED)
    for step in steps:
        taken(one, step)
        assert set(one.status) == set(SERIALS)
        for serial in SERIALS:
            if before[serial] in LAST:
                assert one.status[serial] is before[serial]
            if before[serial] not in AHEAD:
                assert one.status[serial] not in AHEAD
        assert {s for s in SERIALS if one.status[s] is InjectStatus.SKIPPED} == set(one.skipped)
        before = dict(one.status)


@given(STEPS)
def test_nothing_is_played_while_held_nor_after_an_abort(steps: list[Step]) -> None:
    one = course()
    for step in steps:
        quiet = one.held_by is not None or one.aborted_by is not None
        answer = taken(one, step)
        if quiet and step[0] in ("play", "wait", "come"):
            assert answer is not Answer.PLAY
        if one.aborted_by is not None:
            assert not [s for s in SERIALS if one.status[s] in AHEAD]


@given(STEPS)
def test_nothing_is_played_twice_nor_once_it_is_skipped(steps: list[Step]) -> None:
    one, played = course(), list[str]()
    for step in steps:
        here = one.next if step[0] == "play" else step[1]
        if taken(one, step) is Answer.PLAY:
            assert here is not None
            played.append(here)
            assert here not in one.skipped
    assert len(played) == len(set(played))


@given(STEPS)
def test_what_needs_a_skipped_inject_is_skipped_or_was_released_before(steps: list[Step]) -> None:
    one, released = course(), set[str]()
    for step in steps:
        taken(one, step)
        released |= {s for s in SERIALS if one.status[s] in (InjectStatus.RELEASED, InjectStatus.CLOSED)}
        for serial, needed in NEEDS.items():
            if needed & one.skipped.keys() and serial not in released:
                assert one.status[serial] in (InjectStatus.SKIPPED, InjectStatus.CANCELLED)


@given(STEPS)
def test_an_act_that_is_not_taken_changes_nothing(steps: list[Step]) -> None:
    one = course()
    for step in steps:
        before = (dict(one.status), dict(one.skipped), one.held_by, one.aborted_by)
        if isinstance(taken(one, step), NotTaken):
            assert (one.status, one.skipped, one.held_by, one.aborted_by) == before


def stands(course: Course) -> InjectStatus:
    """Where the first inject stands."""
    return course.status[SERIALS[0]]


def test_a_held_play_goes_on_where_it_stood() -> None:
    one = course()
    assert one.comes_to("1.1", due=False) is Answer.WAIT
    assert stands(one) is InjectStatus.READY
    assert one.act(ControlAct.HOLD, "XAA ed") is None
    assert stands(one) is InjectStatus.HELD
    assert one.comes_to("1.1", due=True) is Answer.WAIT
    assert one.act(ControlAct.HOLD, "XAA ed") is NotTaken.NOTHING_CHANGES
    assert one.act(ControlAct.RESUME, "XAA ed") is None
    assert one.act(ControlAct.RESUME, "XAA ed") is NotTaken.NOTHING_CHANGES
    assert one.comes_to("1.1", due=True) is Answer.PLAY
    assert one.take_moved() == ("1.1",)
    assert one.take_moved() == ()


def test_a_skip_says_by_whom_and_takes_along_what_needs_it() -> None:
    one = course()
    assert one.act(ControlAct.SKIP, "XAA ed", "1.1") is None
    assert one.act(ControlAct.SKIP, "XAA ed", "1.2") is NotTaken.TOO_LATE
    assert one.act(ControlAct.SKIP, "XAA ed", "7.7") is NotTaken.UNKNOWN_INJECT
    assert one.act(ControlAct.SKIP, "XAA ed", "2.2") is NotTaken.BRINGS_BACK
    assert {s: (how.by, how.why, how.needs) for s, how in one.skipped.items()} == {
        "1.1": ("XAA ed", WhyNot.ASKED, None),
        "1.2": ("XAA ed", WhyNot.NEEDS, "1.1"),
        "1.3": ("XAA ed", WhyNot.NEEDS, "1.2"),
    }
    assert one.next == "2.1"
    assert one.act(ControlAct.SKIP, "XAA ed", "2.1") is None, "with it goes what would have ended it"
    assert one.act(ControlAct.HOLD, "XAA ed") is None, "what actors still owe can be held"
    one.end()
    assert one.held_by is None
    for act in (ControlAct.HOLD, ControlAct.RESUME, ControlAct.ABORT):
        assert one.act(act, "XAA ed") is NotTaken.TOO_LATE, "nothing is left of it"


def test_what_cannot_be_played_ends_the_drill_unless_something_was_skipped() -> None:
    one = course()
    one.comes_to("1.1", due=True)
    assert one.broke("1.1", "NO_AGREEMENT") is False
    assert one.act(ControlAct.SKIP, "XAA ed", "2.1") is None
    one.comes_to("1.2", due=True)
    assert one.broke("1.2", "NO_AGREEMENT") is True
    assert one.skipped["1.2"].why is WhyNot.FAILED
    assert one.skipped["1.3"].needs == "1.2"
