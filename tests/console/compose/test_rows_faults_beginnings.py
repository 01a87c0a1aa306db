"""Rows come and go, faults stand at their fields, and forms begin with what is known."""

from typing import Any

import pytest

from console.forms.beginnings import answering, blank, changing
from console.forms.draft_keys import MOST_OF_ONE, DraftKeys
from console.forms.faults import faults_of, placed
from console.forms.field import Unreadable
from console.forms.fill import Filler
from console.forms.from_schema import form_of
from console.forms.lists import moved, with_row, without_row
from console.forms.page_form import page_form
from console.forms.preview import Preview, about_release, marking_of, stand_in
from tests.console.compose.test_fields import DRAFTS
from tests.console.compose.test_reading import Plain

ALERT = form_of(DRAFTS["threat-alert"])


def test_a_row_more_begins_as_such_rows_begin() -> None:
    draft = with_row(form_of(DRAFTS["exercise-notice"]), {"body": {}}, "/body/phases")
    draft = with_row(form_of(DRAFTS["exercise-notice"]), draft, "/body/forces")
    assert draft["body"] == {"phases": [{}], "forces": [{}]}


def test_a_tear_line_begins_as_a_copy_of_the_version_before_it() -> None:
    draft = {"header": {"subject": "all"}, "label": {"policy": "NATO"}, "body": {"action": "ALERT"}}
    once = with_row(ALERT, draft, "/tear_lines")
    once["tear_lines"][0]["subject"] = "less"
    twice = with_row(ALERT, once, "/tear_lines")
    assert [each["subject"] for each in twice["tear_lines"]] == ["less", "less"]
    assert once["tear_lines"][0]["body"] is not draft["body"]


def test_there_are_never_more_rows_than_the_schema_takes() -> None:
    draft: Any = {"header": {}, "label": {}, "body": {}}
    for _ in range(9):
        draft = with_row(ALERT, draft, "/tear_lines")
    assert len(draft["tear_lines"]) == 4


@pytest.mark.parametrize(
    "pointer", ["", "/", "/body", "/body/none", "/body/areas/x", "/header/subject/0", "nothing"]
)
def test_what_is_no_list_stays_as_it_is(pointer: str) -> None:
    draft: Any = {"body": {"areas": [{}]}}
    assert with_row(ALERT, draft, pointer) == draft
    assert without_row(draft, pointer) == draft


def test_a_row_less_takes_what_could_not_be_read_along() -> None:
    bad = {f"/body/areas/{place}/altitude_m": Unreadable(str(place), "number") for place in range(3)}
    left = moved(bad, "/body/areas/1")
    assert {pointer: each.text for pointer, each in left.items()} == {
        "/body/areas/0/altitude_m": "0",
        "/body/areas/1/altitude_m": "2",
    }


def test_faults_stand_at_the_nearest_field_and_the_rest_above_all() -> None:
    draft: Any = {"header": {}, "label": {}, "body": {"areas": [{"description": "x"}]}, "tear_lines": [{}]}
    made = page_form(ALERT, draft, Filler(Plain()), Plain().group)
    faults = [
        ("/header/subject", "needed"),
        ("/label/policy", "which"),
        ("/body/areas/0/geometry/Polygon/coordinates/0", "open ring"),
        ("/tear_lines/0/label/classification", "which"),
        ("/body", "all of it"),
        ("", "everything"),
    ]
    listed = placed(made.controls(), faults)
    assert [(fault.text, fault.label) for fault in listed] == [
        ("all of it", ""),
        ("everything", ""),
        ("needed", "subject"),
        ("which", "classification"),
        ("open ring", "geometry"),
        ("which", "classification"),
    ]
    assert len({fault.target for fault in listed if fault.target}) == 4


def test_a_problem_without_a_list_is_one_fault() -> None:
    assert faults_of({"pointer": "/header", "code": "X", "detail": "d"}) == [("/header", "X", "d")]
    assert faults_of({}) == [("", "", "")]


MESSAGE: dict[str, Any] = {
    "header": {
        "kind": "threat_alert",
        "message_id": "m",
        "originator": "XAA",
        "issued_at": "2026-01-01T00:00:00Z",
        "subject": "s",
        "precedence": "FLASH",
        "references": [{"message_id": "older"}],
    },
    "label": {
        "policy": "NATO",
        "classification": "NATO SECRET",
        "releasable_to": ["XBB"],
        "release_set": ["XBB"],
    },
    "body": {"action": "ALERT", "texts": []},
}


@pytest.mark.parametrize("relation", ["updates", "corrects", "supersedes"])
def test_a_change_begins_with_what_it_changes_and_refers_to_it(relation: str) -> None:
    less = {**MESSAGE, "header": MESSAGE["header"] | {"subject": "less"}}
    publication = {
        "message_id": "m",
        "digest": "sha256:0",
        "message": MESSAGE,
        "messages": [
            {"version": 0, "message_id": "m", "recipients": []},
            {"version": 1, "message_id": "n", "recipients": [], "message": less},
        ],
    }
    draft = changing(publication, relation)
    assert draft["header"]["references"] == [
        {"message_id": "m", "originator": "XAA", "digest": "sha256:0", "relation": relation}
    ]
    assert not {"message_id", "originator", "issued_at"} & set(draft["header"])
    assert "release_set" not in draft["label"]
    assert draft["body"]["action"] == "UPDATE"
    assert [each["subject"] for each in draft["tear_lines"]] == ["less"]


def test_an_answer_goes_to_its_asker_alone_under_its_label() -> None:
    asked = {
        **MESSAGE,
        "header": MESSAGE["header"] | {"mode": "EXERCISE", "exercise_id": "EX", "originator": "XBB"},
    }
    asked["body"] = {"rfi_id": "RFI-7"}
    draft = answering(form_of(DRAFTS["information-response"]), {"message": asked, "digest": "d"}, "fr")
    assert draft["header"]["action_addressees"] == draft["label"]["releasable_to"] == ["XBB"]
    assert draft["header"]["exercise_id"] == "EX"
    assert draft["header"]["references"][0]["relation"] == "replies"
    assert draft["body"]["rfi_id"] == "RFI-7"
    assert draft["label"]["classification"] == "NATO SECRET"


def test_a_new_draft_assumes_nothing_of_who_gets_it() -> None:
    draft = blank(ALERT, "threat_alert", ("EXERCISE", "TEST"), "de")
    assert draft["label"] == {}
    assert set(draft["header"]) == {"kind", "language"}


def test_a_marking_is_shown_only_of_a_whole_label() -> None:
    label = {"policy": "NATO", "classification": "NATO SECRET", "releasable_to": ["XBB"]}
    marking = marking_of(label, "XAA")
    assert marking is not None
    assert "NATO SECRET" in marking.text
    assert marking.level == 3
    for broken in (
        None,
        {},
        7,
        label | {"policy": ""},
        label | {"odd": 1},
        {**label, "releasable_to": "XBB"},
    ):
        assert marking_of(broken, "XAA") is None


def test_release_is_looked_at_before_the_text_is_there_and_not_before_the_label_is() -> None:
    assert not about_release(
        [("/body/texts/0/event", "", ""), ("/header/subject", "", ""), ("/tear_lines/1/body/x", "", "")]
    )
    assert about_release([("/label/policy", "", "")])
    assert about_release([("/tear_lines/0/label/policy", "", "")])
    assert about_release([("/header/mode", "", "")])
    stood = stand_in(
        {"header": {"kind": "threat_alert"}, "label": {}, "tear_lines": [{"label": {}}]}, "threat_alert"
    )
    assert stood is not None
    assert stood["tear_lines"][0]["body"]["action"]
    for odd in ("ice_report", "../../secret", "", "threat_alert/.."):
        assert stand_in({"header": {}}, odd) is None


def test_a_preview_is_ready_only_with_its_own_words() -> None:
    table = {"would_be_accepted": True, "decisions": [{"nation": "XBB", "permit": True}]}
    assert Preview([], table).ready
    assert not Preview([], table, body_pending=True).ready
    assert not Preview([]).ready


def test_a_key_of_drafts_ends_with_the_sign_out() -> None:
    keys = DraftKeys()
    first, elsewhere = keys.of("wanda", "here"), keys.of("wanda", "there")
    assert len({first, elsewhere, keys.of("rolf", "here")}) == 3
    assert keys.of("wanda", "here") == first
    keys.forget("wanda", "here")
    keys.forget("nobody", "here")
    assert keys.of("wanda", "here") != first
    assert keys.of("wanda", "there") == elsewhere, "the other browser has signed out of nothing"


def test_the_browser_that_asked_longest_ago_loses_its_key_first() -> None:
    keys = DraftKeys()
    first, second = keys.of("wanda", "0"), keys.of("wanda", "1")
    for each in range(2, MOST_OF_ONE):
        keys.of("wanda", str(each))
    assert keys.of("wanda", "0") == first
    keys.of("wanda", "one more")
    assert keys.of("wanda", "0") == first
    assert keys.of("wanda", "1") != second
