"""The fingerprint of a drill: blind to ids, times and lengths of time, and to nothing that is judged."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from drills.after_action.comparing import compare
from drills.after_action.page import comparison_page
from drills.after_action.reviewing import review
from drills.course import StoodStill
from drills.fingerprint import fingerprint, fingerprinted
from drills.outcome import DrillOutcome
from tests.drills.after_action.made import act, outage

READ = Path(__file__).with_name("recorded.json").read_bytes()
RECORDED = DrillOutcome.model_validate_json(READ).model_copy(
    update={
        "actors": (act("1.1-A1", "FLOOD", code="SCHEMA_INVALID"), act("1.1-A2", "silent")),
        "outages": (outage("2.1", 5, 6, "XBB"),),
        "unexpected": ("XBB holds message 01a204e0-b59d-73ac-9935-a66fa60926bd of XAA, not meant for it",),
    }
)
"""What came of the small drill, and what does not happen in it."""
TREE = RECORDED.model_dump(mode="json")
PRINT = fingerprint(RECORDED)

Place = tuple[str | int, ...]
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T")
OF_ONE_RUN = frozenset(
    {
        *("message_id", "digest", "seed", "fingerprint", "told", "posts", "what", "times", "figures"),
        *("summary", "explanation", "detail", "attempted", "change", "shown"),
    }
)
"""Ids, counts of what was under way, and prose that may speak of times."""
JUDGED = frozenset(
    {
        *("as_expected", "remark", "code", "state", "reason", "permit", "acknowledged", "must_have", "gets"),
        *("marking", "answers", "stopped_by", "expected", "reached", "states", "refused", "step", "version"),
        *("does", "on", "serial", "nation", "originator", "kind", "precedence", "releasable_to", "count"),
        *("unexpected", "nations"),
    }
)


def leaves(value: Any, path: Place = ()) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, (*path, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from leaves(each, (*path, number))
    else:
        yield path, value


def is_of_one_run(path: Place, value: Any) -> bool:
    is_time = isinstance(value, float) or (isinstance(value, str) and _TIME.match(value) is not None)
    return is_time or bool(set(path) & OF_ONE_RUN)


def is_judged(path: Place, value: Any) -> bool:
    return value is not None and bool(set(path) & JUDGED) and not is_of_one_run(path, value)


OWN = [path for path, value in leaves(TREE) if is_of_one_run(path, value)]
OF_ALL = [path for path, value in leaves(TREE) if is_judged(path, value)]


def changed(*paths: Place) -> DrillOutcome:
    """The recorded outcome, in which what stands at these places is something else of the same sort."""
    tree = copy.deepcopy(TREE)
    for path in paths:
        part: Any = tree
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = other(part[path[-1]], path[-1])
    return DrillOutcome.model_validate_json(json.dumps(tree))


def other(value: Any, name: str | int) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str) and _TIME.match(value):
        # What stood still ends after it began.
        return value[:11] + ("00:00:00Z" if name == "began" else "23:59:59Z")
    if value == StoodStill.GATEWAY.value:
        return StoodStill.LINK.value
    return f"{value}x" if isinstance(value, str) else value


@given(st.lists(st.sampled_from(OWN), min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_ids_times_and_lengths_of_time_change_nothing(paths: list[Place]) -> None:
    assert fingerprint(changed(*set(paths))) == PRINT


@given(st.sampled_from(OF_ALL))
@settings(max_examples=300, deadline=None)
def test_whatever_is_judged_changes_it(path: Place) -> None:
    assert fingerprint(changed(path)) != PRINT, path


def test_the_recorded_outcome_has_something_of_every_sort() -> None:
    judged = {next(name for name in path if isinstance(name, str)) for path in OF_ALL}
    assert judged >= {"messages", "attempts", "previews", "agreements", "lives", "actors", "unexpected"}
    assert {path[-1] for path in OWN if isinstance(path[-1], str)} >= {
        "at",
        "latency_ms",
        "message_id",
        "took_ms",
    }


def test_ids_in_sentences_are_of_one_run_and_the_rest_of_a_sentence_is_not() -> None:
    said = RECORDED.unexpected[0]
    again = RECORDED.model_copy(update={"unexpected": (said.replace("01a204e0", "01a204ff"),)})
    assert fingerprint(again) == PRINT
    assert fingerprint(RECORDED.model_copy(update={"unexpected": (said.replace("XBB", "XCC"),)})) != PRINT
    assert fingerprint(RECORDED.model_copy(update={"unexpected": ()})) != PRINT


def test_a_message_that_was_only_read_came_as_far_as_one_that_was_delivered() -> None:
    text = json.dumps(TREE)
    assert '"state": "delivered"' in text
    read = DrillOutcome.model_validate_json(text.replace('"state": "delivered"', '"state": "read"'))
    assert fingerprint(read) == PRINT


def test_a_member_that_a_later_version_adds_changes_nothing_where_it_says_nothing() -> None:
    assert fingerprint(_Later.model_validate_json(json.dumps(TREE))) == PRINT
    assert fingerprint(_Later.model_validate_json(json.dumps(TREE | {"alarmed": ["XBB"]}))) != PRINT


class _Later(DrillOutcome):
    alarmed: tuple[str, ...] = ()


def test_two_drills_are_compared_by_it() -> None:
    first = fingerprinted(RECORDED)
    assert first.fingerprint == PRINT
    worse = fingerprinted(changed(next(path for path in OF_ALL if path[-1] == "as_expected")))
    same, unlike = compare(review(first), review(first)), compare(review(first), review(worse))
    assert (same.same_outcome, unlike.same_outcome) == (True, False)
    assert (
        compare(review(first), review(RECORDED.model_copy(update={"fingerprint": ""}))).same_outcome is None
    )
    assert "The same came of both: yes" in comparison_page(same)
    assert f"no\n(fingerprints {PRINT[7:19]} and" in comparison_page(unlike)
