"""A whole draft explained: as it would be published, and where it would be refused."""

from typing import Any

import pytest
from hypothesis import given, settings

from bus.protocol.draft_explanation import explain_draft
from bus.protocol.errors import ReleaseRefused
from bus.protocol.release import plan_release
from schemas.label import DraftLabel
from schemas.reasons import ReasonCode as R
from tests.protocol.messages import draft_header, draft_label, trust_of
from tests.protocol.release_questions import (
    agreements,
    label_of,
    names,
    questions,
    trust_with,
)
from tests.realm_fixtures import NOW, make_realm

REALM = make_realm(communities={"NORDIC": ("XAA", "XBB"), "SOUTH": ("XCC",)})


@settings(deadline=None, max_examples=150)
@given(agreements(), questions(), names, names, names)
def test_a_draft_that_is_taken_is_explained_as_it_is_decided(
    agreed: Any, question: dict[str, Any], releasable: list[str], action: list[str], info: list[str]
) -> None:
    header = draft_header(
        action,
        [name for name in info if name not in action],
        kind=question["kind"],
        mode=question["mode"],
    )
    given_label = label_of(question)
    label = DraftLabel(
        policy=given_label.policy,
        classification=given_label.classification,
        releasable_to=tuple(releasable),
    )
    rules: Any = {"originator": question["originator"], "trust": trust_with(agreed), "now": question["now"]}
    complete, rows = explain_draft(header, label, **rules)
    try:
        plan = plan_release(header, label, **rules)
    except ReleaseRefused:
        assert {row.nation for row in rows} == rules["trust"].nations.keys() - {question["originator"]}
        return
    assert complete == plan.label
    assert [(row.nation, row.addressed, row.decision) for row in rows] == [
        (row.nation, row.addressed, row.decision) for row in plan.rows
    ]


REFUSED = [
    ("a named addressee outside the label", draft_header(["XCC"]), draft_label("XBB"), R.NOT_IN_RELEASE_SET),
    (
        "a nation that the realm does not know",
        draft_header(),
        draft_label("XBB", "XZZ"),
        R.NOT_IN_RELEASE_SET,
    ),
    ("an unknown community", draft_header(), draft_label("XBB", "ATLANTIC"), R.NOT_IN_RELEASE_SET),
    ("a label that releases to nobody", draft_header(), draft_label(), R.RELEASE_SET_EMPTY),
    (
        "a classification that does not exist",
        draft_header(),
        draft_label("XCC", classification="SECRET"),
        R.CLASSIFICATION_UNKNOWN,
    ),
]


@pytest.mark.parametrize(
    ("header", "label", "code"), [pytest.param(*given[1:], id=given[0]) for given in REFUSED]
)
def test_a_draft_that_would_be_refused_is_explained_too(header: Any, label: DraftLabel, code: R) -> None:
    rules: Any = {"originator": "XAA", "trust": trust_of(REALM), "now": NOW}
    with pytest.raises(ReleaseRefused):
        plan_release(header, label, **rules)
    rows = {row.nation: row for row in explain_draft(header, label, **rules)[1]}
    assert rows.keys() == {"XBB", "XCC"}
    assert rows["XCC"].decision.code is code
    assert rows["XCC"].ways


def test_whoever_a_draft_without_addressees_releases_to_need_not_be_addressed_as_well() -> None:
    rules: Any = {"originator": "XAA", "trust": trust_of(REALM), "now": NOW}
    [_, beyond] = explain_draft(draft_header(), draft_label("XBB"), **rules)[1]
    assert (beyond.nation, beyond.addressed) == ("XCC", "none")
    assert [[step.change for step in way] for way in beyond.ways] == [["release_to"]]
    [_, beyond] = explain_draft(draft_header(["XBB"]), draft_label("XBB"), **rules)[1]
    assert [[step.change for step in way] for way in beyond.ways] == [["release_to", "address"]]
    [_, beyond] = explain_draft(draft_header(["XBB"], ["SOUTH"]), draft_label("XBB"), **rules)[1]
    assert [[step.change for step in way] for way in beyond.ways] == [["release_to"]]


@settings(deadline=None, max_examples=100)
@given(agreements(), questions(), names, names)
def test_what_the_author_is_told_to_write_turns_the_draft(
    agreed: Any, question: dict[str, Any], releasable: list[str], action: list[str]
) -> None:
    """The author's steps done to the draft itself, not to the case that they were tried on."""
    given_label = label_of(question)
    rules: Any = {"originator": question["originator"], "trust": trust_with(agreed), "now": question["now"]}
    label = DraftLabel(
        policy=given_label.policy,
        classification=given_label.classification,
        releasable_to=tuple(releasable),
    )

    def rows(action: list[str], label: DraftLabel) -> dict[str, Any]:
        header = draft_header(action, kind=question["kind"], mode=question["mode"])
        return {row.nation: row for row in explain_draft(header, label, **rules)[1]}

    for nation, row in rows(action, label).items():
        for way in row.ways:
            if row.decision.permit or {step.change for step in way} - {"release_to", "address"}:
                continue
            changes = {step.change for step in way}
            wider = label.model_copy(
                update={
                    "releasable_to": (*label.releasable_to, nation)
                    if "release_to" in changes
                    else label.releasable_to
                }
            )
            assert rows([*action, nation] if "address" in changes else action, wider)[nation].decision.permit
