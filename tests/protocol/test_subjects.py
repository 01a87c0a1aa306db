"""Broker subjects and consumer names: one form, nothing else parses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.protocol.errors import SubjectError
from bus.protocol.subjects import (
    LANE_CODES,
    LANES_BY_CODE,
    MODE_CODES,
    MODES_BY_CODE,
    Subject,
    consumer_name,
)
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane

nations = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3)
subjects = st.builds(Subject, nations, st.sampled_from(Mode), st.sampled_from(Lane), nations)


@given(subjects)
def test_parse_undoes_format(subject: Subject) -> None:
    assert Subject.parse(subject.format()) == subject


tokens = st.sampled_from(
    ["out", "in", "AUT", "XBA", "aut", "op", "ex", "ts", "OP", "normal", "urgent", "*", ">", ""]
)
near_subjects = st.lists(tokens, min_size=3, max_size=6).map(".".join) | subjects.map(Subject.format)


@given(st.text(max_size=40) | near_subjects | near_subjects.map(lambda text: text + "\n"))
def test_text_that_parses_is_the_one_form(text: str) -> None:
    try:
        subject = Subject.parse(text)
    except SubjectError:
        return
    assert subject.format() == text


def test_every_mode_and_lane_has_its_token_and_code() -> None:
    modes = [Subject("AUT", mode, Lane.NORMAL, "XBA").format().split(".")[2] for mode in Mode]
    assert modes == ["op", "ex", "ts"]
    assert Subject("AUT", Mode.TEST, Lane.CONTROL, "XBA").format() == "out.AUT.ts.control.XBA"
    assert [MODE_CODES[mode] for mode in Mode] == [0, 1, 2]
    assert [LANE_CODES[lane] for lane in Lane] == [0, 1, 2]
    assert [MODES_BY_CODE[code] for code in range(3)] == list(Mode)
    assert [LANES_BY_CODE[code] for code in range(3)] == list(Lane)


MALFORMED = {
    "empty": "",
    "too few tokens": "out.AUT.op.normal",
    "too many tokens": "out.AUT.op.normal.XBA.x",
    "an empty token": "out..op.normal.XBA",
    "another first token": "in.AUT.op.normal.XBA",
    "an unknown mode": "out.AUT.live.normal.XBA",
    "a mode by its name": "out.AUT.OPERATION.normal.XBA",
    "a lane that does not exist": "out.AUT.op.fast.XBA",
    "a lane in upper case": "out.AUT.op.NORMAL.XBA",
    "a wildcard": "out.AUT.op.normal.*",
    "a full wildcard": "out.AUT.op.normal.>",
    "a nation in lower case": "out.aut.op.normal.XBA",
    "a nation of two letters": "out.AT.op.normal.XBA",
    "a nation in other capitals": "out.ÄUT.op.normal.XBA",
    "a space at the end": "out.AUT.op.normal.XBA ",
    "a line break at the end": "out.AUT.op.normal.XBA\n",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_subject_is_refused(text: str) -> None:
    with pytest.raises(SubjectError) as refused:
        Subject.parse(text)
    assert refused.value.code is ReasonCode.SUBJECT_MALFORMED


@given(nations, st.sampled_from(Lane))
def test_consumer_names_say_nation_and_lane(nation: str, lane: Lane) -> None:
    assert consumer_name(nation, lane) == f"{nation}-{lane.value}"


@pytest.mark.parametrize("nation", ["", "aut", "AUTO", "A*T", "A.T"])
def test_no_subject_or_consumer_is_made_for(nation: str) -> None:
    with pytest.raises(SubjectError):
        consumer_name(nation, Lane.NORMAL)
    with pytest.raises(SubjectError):
        Subject(nation, Mode.TEST, Lane.NORMAL, "XBA")
    with pytest.raises(SubjectError):
        Subject("XBA", Mode.TEST, Lane.NORMAL, nation)
