"""Tear lines at the API: what an author is answered and shown, and what no recipient is."""

import json
from typing import Any
from uuid import uuid4

import pytest

from bus.store import publications
from gateways.http.publication_views import publication_detail
from gateways.http.reading import NATIVE_ONLY
from schemas.tear_line import MAX_TEAR_LINES
from schemas.wire import MAX_CONTENT_BYTES
from tests.gateway.drafts import CANARY, Json, changed, draft, pointer
from tests.gateway.running import Gateway, World, assert_problem
from tests.realm_fixtures import NOW

FULL, WIDE = f"{CANARY} full", f"{CANARY} wide"
NATIONAL = {"policy": "REALM", "classification": "PROTECTED", "releasable_to": ["XAA"]}


def torn(*tear_lines: Json, **header: Any) -> Json:
    """A draft to XBB alone, whose tear line goes to XBB and XCC."""
    made = draft(action_addressees=["XBB", "XCC"], subject=FULL, **header)
    made["label"] = {"policy": "REALM", "classification": "PROTECTED", "releasable_to": ["XBB"]}
    made["tear_lines"] = list(tear_lines) or [line(made)]
    return made


def line(of: Json, subject: str = WIDE, **label: Any) -> Json:
    """A tear line with the same body."""
    wide = {"policy": "REALM", "classification": "LIMITED", "releasable_to": ["XBB", "XCC"]}
    return {"label": wide | label, "subject": subject, "body": of["body"]}


def test_an_author_is_answered_which_version_each_nation_gets(xaa: Gateway) -> None:
    answer = xaa.publish(torn())
    assert answer.status_code == 201, answer.json()
    accepted = answer.json()
    full, wide = accepted["messages"]
    assert (full["version"], full["recipients"]) == (0, ["XBB"])
    assert (wide["version"], wide["recipients"]) == (1, ["XCC"])
    assert (accepted["message_id"], accepted["digest"]) == (full["message_id"], full["digest"])
    assert accepted["recipients"] == ["XBB", "XCC"]
    assert {row["nation"]: (row.get("version"), row["by_version"]) for row in accepted["decisions"]} == {
        "XBB": (0, ["RELEASE_PERMITTED", "FULLER_VERSION"]),
        "XCC": (1, ["NOT_IN_RELEASE_SET", "RELEASE_PERMITTED"]),
        "XDD": (None, ["NOT_IN_RELEASE_SET", "NOT_IN_RELEASE_SET"]),
    }


def test_an_author_is_shown_every_version(xaa: Gateway) -> None:
    answer = xaa.publish(torn())
    accepted = answer.json()
    shown = xaa.get(answer.headers["location"]).json()
    assert shown["message"]["header"]["subject"] == FULL
    assert shown["decisions"] == accepted["decisions"]
    full, wide = shown["messages"]
    assert [full["message_id"], wide["message_id"]] == [m["message_id"] for m in accepted["messages"]]
    assert "message" not in full
    assert wide["message"]["header"]["subject"] == WIDE
    assert (full["release_set"], wide["release_set"]) == (["XBB"], ["XBB", "XCC"])
    assert full["marking"] == shown["marking"]
    assert ("PROTECTED" in full["marking"], "LIMITED" in wide["marking"]) == (True, True)
    assert {row["nation"]: row["version"] for row in shown["deliveries"]} == {"XBB": 0, "XCC": 1}
    listed = xaa.get("/v1/messages", params={"limit": 1}).json()["items"][0]
    assert [message["version"] for message in listed["messages"]] == [0, 1]
    assert all("message" not in message for message in listed["messages"])


def test_an_ordinary_publication_is_one_message(xaa: Gateway) -> None:
    answer = xaa.publish(draft())
    accepted = answer.json()
    (only,) = accepted["messages"]
    assert (only["version"], only["recipients"]) == (0, ["XBB"])
    assert only["message_id"] == accepted["message_id"]
    assert not any("version" in row or "by_version" in row for row in accepted["decisions"])
    shown = xaa.get(answer.headers["location"]).json()
    assert [message["version"] for message in shown["messages"]] == [0]
    assert "message" not in shown["messages"][0]


def test_a_text_for_the_own_nation_stays_here(xaa: Gateway) -> None:
    made = changed(torn(), "label", to=NATIONAL)
    answer = xaa.publish(made)
    accepted = answer.json()
    ours, released = accepted["messages"]
    assert (ours["recipients"], released["recipients"]) == ([], ["XBB", "XCC"])
    assert accepted["message_id"] == released["message_id"], "the fullest that anybody gets"
    shown = xaa.get(answer.headers["location"]).json()
    assert shown["message"]["header"]["subject"] == WIDE
    assert shown["messages"][0]["message"]["header"]["subject"] == FULL
    assert shown["release_set"] == ["XBB", "XCC"]


def test_a_list_holds_no_content_of_any_version(xaa: Gateway) -> None:
    assert xaa.publish(torn()).status_code == 201
    assert CANARY not in xaa.get("/v1/messages").text


def test_who_sees_no_content_sees_none_of_any_version(xaa: Gateway) -> None:
    accepted = xaa.publish(torn()).json()
    stored = xaa.write(lambda tx: publications.get(tx, accepted["publication_id"]))
    assert stored is not None
    assert CANARY.encode() in publication_detail(stored, NOW, reading=NATIVE_ONLY, with_content=True)
    assert CANARY.encode() not in publication_detail(stored, NOW, reading=NATIVE_ONLY, with_content=False)


def test_nothing_a_recipient_is_shown_tells_of_another_version(xaa: Gateway, xbb: Gateway) -> None:
    after = max((item["inbox_seq"] for item in xbb.get("/v1/inbox").json()["items"]), default=0)
    made = torn()
    fuller = line(made, f"{CANARY} for XCC", releasable_to=["XCC"])
    made |= {"label": NATIONAL, "tear_lines": [fuller, line(made)]}
    accepted = xaa.publish(made).json()
    mine = next(message for message in accepted["messages"] if message["recipients"] == ["XBB"])
    (entry,) = xbb.wait_messages(after, [mine["message_id"]])
    text = json.dumps(entry) + json.dumps(xbb.get("/v1/audit", params={"limit": 500}).json())
    for message in accepted["messages"]:
        if message is not mine:
            assert message["message_id"] not in text
            assert message["digest"] not in text
    assert accepted["publication_id"] not in text
    assert "FULLER_VERSION" not in text
    assert "by_version" not in text
    assert (FULL in text, f"{CANARY} for XCC" in text) == (False, False)


def test_every_decision_on_every_version_is_recorded(xaa: Gateway) -> None:
    position = xaa.audit_position()
    accepted = xaa.publish(torn()).json()
    ids = [message["message_id"] for message in accepted["messages"]]
    found = {
        (ids.index(record["message_id"]), record["partner"]): record["reason"]
        for record in xaa.audit(position)
        if record["event"].startswith("release.") and record.get("message_id") in ids
    }
    assert found == {
        (0, "XBB"): "RELEASE_PERMITTED",
        (0, "XCC"): "NOT_IN_RELEASE_SET",
        (0, "XDD"): "NOT_IN_RELEASE_SET",
        (1, "XBB"): "FULLER_VERSION",
        (1, "XCC"): "RELEASE_PERMITTED",
        (1, "XDD"): "NOT_IN_RELEASE_SET",
    }


def test_a_repeated_request_gets_the_first_answer(xaa: Gateway) -> None:
    made, key, before = torn(), str(uuid4()), xaa.publications()
    first = xaa.publish(made, Idempotency_Key=key)
    assert xaa.publish(made, Idempotency_Key=key).content == first.content
    assert xaa.publications() == before + 1


def test_an_author_is_warned_of_a_tear_line_without_reader(xaa: Gateway) -> None:
    made = torn()
    made["tear_lines"].append(line(made, "least"))
    (warning,) = xaa.publish(made).json()["warnings"]
    assert (warning["code"], warning["pointer"]) == ("TEAR_LINE_REACHES_NOBODY", "/tear_lines/1")


def test_a_preview_shows_the_versions(xaa: Gateway) -> None:
    table = xaa.post("/v1/release-preview", torn()).json()
    assert (
        [row["nation"] for row in table["decisions"] if row["permit"]]
        == table["recipients"]
        == ["XBB", "XCC"]
    )
    assert {row["nation"]: row.get("version") for row in table["decisions"]} == {
        "XBB": 0,
        "XCC": 1,
        "XDD": None,
    }


REFUSED: dict[str, tuple[Json, str, str]] = {
    "a label that is not whole": (
        changed(torn(), "tear_lines", 0, "label", "policy", to=...),
        "SCHEMA_INVALID",
        pointer("tear_lines", 0, "label", "policy"),
    ),
    "no subject": (
        changed(torn(), "tear_lines", 0, "subject", to=...),
        "SCHEMA_INVALID",
        pointer("tear_lines", 0, "subject"),
    ),
    "a body of another kind": (
        changed(torn(), "tear_lines", 0, "body", to=draft("information_request")["body"]),
        "SCHEMA_INVALID",
        "",
    ),
    "a header of its own": (
        changed(torn(), "tear_lines", 0, "header", to={}),
        "SCHEMA_INVALID",
        pointer("tear_lines", 0, "header"),
    ),
    "more than there may be": (
        changed(torn(), "tear_lines", to=[line(torn())] * (MAX_TEAR_LINES + 1)),
        "SCHEMA_INVALID",
        pointer("tear_lines"),
    ),
    "an unknown classification": (
        changed(torn(), "tear_lines", 0, "label", "classification", to="NO SUCH LEVEL"),
        "CLASSIFICATION_UNKNOWN",
        pointer("tear_lines", 0, "label", "classification"),
    ),
    "an unknown nation": (
        changed(torn(), "tear_lines", 0, "label", "releasable_to", to=["XBB", "XZZ"]),
        "NATION_UNKNOWN",
        pointer("tear_lines", 0, "label", "releasable_to", 1),
    ),
    "an addressee that gets nothing": (
        changed(torn(), "header", "info_addressees", to=["XDD"]),
        "ADDRESSEE_NOT_RELEASABLE",
        pointer("header", "info_addressees"),
    ),
}


@pytest.mark.parametrize(("made", "code", "place"), REFUSED.values(), ids=REFUSED.keys())
def test_a_draft_is_refused_for(xaa: Gateway, made: Json, code: str, place: str) -> None:
    before = xaa.publications()
    problem = assert_problem(xaa.publish(made), 422, code)
    assert problem["pointer"].startswith(place)
    assert CANARY not in json.dumps(problem)
    assert xaa.publications() == before


def long_body(of: Json, texts: int) -> Json:
    """The body with so many texts of 20,000 characters."""
    languages = ("en", "da", "de", "es", "et", "fi", "fr", "is", "lt", "lv", "nb", "nl", "pl", "sv")
    body: Json = of["body"]
    one = {"event": "Flood", "description": "x" * 20_000}
    return {**body, "texts": [{"language": language, **one} for language in languages[:texts]]}


def test_each_version_is_limited_and_the_whole_draft_by_a_setting(world: World, xaa: Gateway) -> None:
    made = torn()
    large = changed(made, "body", to=long_body(made, 7))
    large["tear_lines"] = [line(large)]
    assert len(json.dumps(large)) > MAX_CONTENT_BYTES
    assert_problem(xaa.publish(large), 413, "BODY_TOO_LARGE")
    with world.gateway(
        "XAA", "tear-lines", max_draft_bytes=2 * MAX_CONTENT_BYTES, nats_url="nats://127.0.0.1:9"
    ) as roomy:
        assert roomy.publish(large).status_code == 201
        too_large = changed(made, "tear_lines", 0, "body", to=long_body(made, 14))
        problem = assert_problem(roomy.publish(too_large), 413, "BODY_TOO_LARGE")
        assert problem["pointer"] == "/tear_lines/0/body"
