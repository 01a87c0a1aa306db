"""POST /v1/release-preview: every nation's decision explained, also of a draft that would be refused."""

import json
from typing import Any

import pytest

from gateways.http.api_keys import Scope
from schemas.header import Kind
from tests.gateway.drafts import CANARY, changed, draft, encoded
from tests.gateway.running import Gateway, assert_problem

Json = dict[str, Any]


def preview(gateway: Gateway, body: Any) -> Json:
    """The table of a draft."""
    answer = gateway.post("/v1/release-preview", body)
    assert answer.status_code == 200, answer.text
    table: Json = answer.json()
    return table


def rows(table: Json) -> dict[str, Json]:
    return {row["nation"]: row for row in table["decisions"]}


def test_a_preview_says_what_publishing_would_and_keeps_nothing(xaa: Gateway) -> None:
    before, position = xaa.publications(), xaa.audit_position()
    table = preview(xaa, draft(info_addressees=["XCC"]))
    assert xaa.publications() == before
    published = xaa.publish(draft(info_addressees=["XCC"])).json()
    # What earlier tests published may still be on its way, and receipted.
    made = ("publication.", "release.")
    kept = [record for record in xaa.audit(position) if record["event"].startswith(made)]
    assert {record["publication_id"] for record in kept} == {published["publication_id"]}
    assert len(kept) == 1 + len(published["decisions"]), "one for the publication, one for each nation"
    assert table["would_be_accepted"]
    assert "problem" not in table
    assert table["recipients"] == published["recipients"]
    shared = published["decisions"][0].keys()
    assert [{name: row[name] for name in shared} for row in table["decisions"]] == published["decisions"]


def test_every_nation_of_the_realm_is_told_why_and_what_would_change_it(xaa: Gateway) -> None:
    found = rows(preview(xaa, draft()))
    assert {nation: row["code"] for nation, row in found.items()} == {
        "XBB": "RELEASE_PERMITTED",
        "XCC": "NOT_ADDRESSED",
        "XDD": "NOT_IN_RELEASE_SET",
    }
    assert found["XBB"]["sentence"].startswith("Nation XBB (XBB) gets it: the label names it, and agreement")
    agreement, rule = found["XBB"]["rests_on"]
    assert (agreement["type"], agreement["id"], rule["id"]) == ("agreement", "everything", "agreement")
    assert agreement["digest"] == xaa.get("/v1/agreements/everything").json()["digest"]
    assert [step["text"] for step in found["XCC"]["ways"][0]["steps"]] == [
        "add XCC to action_addressees or info_addressees"
    ]
    assert [step["change"] for step in found["XDD"]["ways"][0]["steps"]] == [
        "release_to",
        "conclude",
        "address",
    ]


def test_what_a_preview_names_turns_the_decision_when_it_is_done(xaa: Gateway) -> None:
    secret = changed(draft(), "label", to={
        "policy": "NATO", "classification": "COSMIC TOP SECRET", "releasable_to": ["XBB"]})  # fmt: skip
    denied = rows(preview(xaa, secret))["XBB"]
    assert denied["code"] == "CLASSIFICATION_TOO_HIGH"
    assert [step["text"] for step in denied["ways"][0]["steps"]] == [
        "classify it NATO SECRET or lower, if its content allows that"
    ]
    lower = changed(secret, "label", "classification", to="NATO SECRET")
    assert rows(preview(xaa, lower))["XBB"]["permit"]


REFUSED = [
    pytest.param(
        changed(draft(), "label", "releasable_to", to=["XCC"]),
        "ADDRESSEE_NOT_RELEASABLE",
        "/header/action_addressees",
        {"XBB": "NOT_IN_RELEASE_SET", "XCC": "NOT_ADDRESSED", "XDD": "NOT_IN_RELEASE_SET"},
        id="an addressee outside the label",
    ),
    pytest.param(
        changed(draft(action_addressees=["XDD"]), "label", "releasable_to", to=["XBB", "XDD"]),
        "NO_AGREEMENT",
        "/header/action_addressees",
        {"XBB": "NOT_ADDRESSED", "XCC": "NOT_IN_RELEASE_SET", "XDD": "NO_AGREEMENT"},
        id="an addressee without an agreement",
    ),
    pytest.param(
        changed(draft(), "label", "releasable_to", to=["XBB", "ATLANTIC"]),
        "COMMUNITY_UNKNOWN",
        "/label/releasable_to/1",
        {"XBB": "RELEASE_PERMITTED", "XCC": "NOT_IN_RELEASE_SET", "XDD": "NOT_IN_RELEASE_SET"},
        id="an unknown community",
    ),
    pytest.param(
        changed(draft(), "label", "releasable_to", to=[]),
        "NATIONAL_ONLY",
        "/label/releasable_to",
        dict.fromkeys(("XBB", "XCC", "XDD"), "RELEASE_SET_EMPTY"),
        id="a label that releases to nobody",
    ),
    pytest.param(
        draft(expires_at="2020-01-01T00:00:00Z"),
        "DRAFT_EXPIRED",
        "/header/expires_at",
        {"XBB": "RELEASE_PERMITTED", "XCC": "NOT_ADDRESSED", "XDD": "NOT_IN_RELEASE_SET"},
        id="an expiry that has passed",
    ),
]


@pytest.mark.parametrize(("body", "code", "pointer", "codes"), REFUSED)
def test_a_draft_that_would_be_refused_is_shown_with_its_problem(
    xaa: Gateway, body: Json, code: str, pointer: str, codes: dict[str, str]
) -> None:
    table = preview(xaa, body)
    assert not table["would_be_accepted"]
    assert table["recipients"] == []
    problem = assert_problem(xaa.publish(body), 422, code, pointer)
    assert table["problem"] == problem
    assert {nation: row["code"] for nation, row in rows(table).items()} == codes
    assert all(row["ways"] for row in table["decisions"])
    assert CANARY not in json.dumps(table)


def test_what_is_no_draft_is_refused_here_too(xaa: Gateway) -> None:
    assert_problem(xaa.post("/v1/release-preview", b"{"), 400, "JSON_MALFORMED")
    assert_problem(xaa.post("/v1/release-preview", changed(draft(), "label", to=...)), 422, "SCHEMA_INVALID")


def test_a_preview_needs_the_right_to_publish(xaa: Gateway) -> None:
    reader = xaa.new_key([Scope.MESSAGES_READ])
    assert_problem(xaa.post("/v1/release-preview", draft(), reader), 403, "SCOPE_MISSING")
    limited = xaa.new_key([Scope.MESSAGES_WRITE], kinds=[Kind.EXERCISE_NOTICE.value])
    assert_problem(xaa.post("/v1/release-preview", encoded(draft()), limited), 403, "SCOPE_MISSING")


def with_tear_line(*releasable_to: str) -> Json:
    """A draft above what any agreement lets pass, with a tear line that is not."""
    made = draft(action_addressees=[])
    made["label"] = {"policy": "NATO", "classification": "COSMIC TOP SECRET", "releasable_to": ["XBB"]}
    made["tear_lines"] = [
        {
            "label": {"policy": "REALM", "classification": "LIMITED", "releasable_to": list(releasable_to)},
            "subject": f"{CANARY} in short",
            "body": made["body"],
        }
    ]
    return made


def test_each_nation_is_told_which_version_it_gets_and_why_not_a_fuller_one(xaa: Gateway) -> None:
    body = with_tear_line("XBB", "NORDIC")
    table = preview(xaa, body)
    published = xaa.publish(body).json()
    shared = {name for row in published["decisions"] for name in row}
    assert [{name: row[name] for name in shared & row.keys()} for row in table["decisions"]] == published[
        "decisions"
    ]
    assert table["recipients"] == published["recipients"] == ["XBB"]
    found = rows(table)
    assert (found["XBB"]["version"], found["XBB"]["by_version"]) == (
        1,
        ["CLASSIFICATION_TOO_HIGH", "RELEASE_PERMITTED"],
    )
    [fuller] = found["XBB"]["fuller"]
    assert (fuller["version"], fuller["code"]) == (0, "CLASSIFICATION_TOO_HIGH")
    assert fuller["ways"][0]["steps"][0]["text"].startswith("classify it NATO SECRET or lower")
    assert "version" not in found["XDD"]
    assert found["XDD"]["code"] == "NO_AGREEMENT"


def test_who_gets_the_fullest_version_is_not_told_of_others(xaa: Gateway) -> None:
    body = changed(with_tear_line("XBB", "XCC"), "label", "classification", to="NATO SECRET")
    found = rows(preview(xaa, body))
    assert (found["XBB"]["version"], found["XBB"]["by_version"], found["XBB"]["fuller"]) == (
        0,
        ["RELEASE_PERMITTED", "FULLER_VERSION"],
        [],
    )
    assert [fuller["code"] for fuller in found["XCC"]["fuller"]] == ["NOT_IN_RELEASE_SET"]


def test_a_reference_that_would_go_too_far_is_explained(xaa: Gateway) -> None:
    own = xaa.publish(draft()).json()
    reference = {
        "message_id": own["message_id"],
        "originator": "XAA",
        "digest": own["digest"],
        "relation": "relates",
    }
    wider = draft(references=[reference], action_addressees=[])
    wider["label"]["releasable_to"] = ["XBB", "NORDIC", "XCC"]
    assert preview(xaa, wider)["would_be_accepted"]
    wide = changed(wider, "label", "releasable_to", to=["XBB", "XCC"])
    narrow = xaa.publish(changed(draft(), "label", "releasable_to", to=["XBB"])).json()
    wide["header"]["references"][0] |= {"message_id": narrow["message_id"], "digest": narrow["digest"]}
    table = preview(xaa, wide)
    assert table["problem"]["code"] == "REFERENCE_BEYOND_RELEASE"
    denied = rows(table)["XCC"]
    assert denied["code"] == "REFERENCE_BEYOND_RELEASE"
    assert [step["change"] for step in denied["ways"][0]["steps"]] == ["drop_reference"]
    assert rows(table)["XBB"]["permit"]


def test_a_preview_says_that_a_second_person_will_be_asked(xaa: Gateway) -> None:
    flash = draft(precedence="FLASH")
    waits = preview(xaa, flash)["second_person"]
    assert waits["why"] == xaa.publish(flash).json()["second_person"]["why"]
    assert "second_person" not in preview(xaa, draft(precedence="ROUTINE"))


def test_who_may_look_at_it_is_told_apart_from_who_gets_it(xaa: Gateway) -> None:
    found = rows(
        preview(
            xaa, changed(draft(action_addressees=["XBB", "XCC"]), "label", to={
                "policy": "REALM", "classification": "LIMITED", "releasable_to": ["XBB"],
                "display_only_to": ["XCC"]})
        )
    )  # fmt: skip
    assert (found["XBB"]["code"], found["XCC"]["code"]) == ("RELEASE_PERMITTED", "DISPLAY_ONLY_PERMITTED")
    assert found["XCC"]["sentence"].startswith("Nation XCC (XCC) may look at it: the label names it, and")
