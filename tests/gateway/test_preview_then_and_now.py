"""GET /v1/messages/{id}/release: the stored table beside today's decision, and what differs."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from gateways.http.api_keys import Scope
from schemas.header import Kind
from tests.gateway.drafts import CANARY, changed, draft
from tests.gateway.running import NO_BROKER, Gateway, World, assert_problem
from tests.realm_fixtures import AgreementPlan

Json = dict[str, Any]

_NUMBERS = count()


@pytest.fixture
def xaa(world: World) -> Iterator[Gateway]:
    """A gateway of its own, whose agreements a test may change."""
    with world.gateway("XAA", f"then-and-now-{next(_NUMBERS)}", nats_url=NO_BROKER) as running:
        yield running


def published(gateway: Gateway, body: Json) -> str:
    """The address of a draft's publication."""
    location: str = gateway.publish(body).headers["location"]
    return location


def release(gateway: Gateway, location: str) -> Json:
    answer = gateway.get(f"{location}/release")
    assert answer.status_code == 200, answer.text
    table: Json = answer.json()
    return table


def rows(table: Json) -> dict[str, Json]:
    return {row["nation"]: row for row in table["rows"]}


def act(gateway: Gateway, verb: str) -> None:
    digest = gateway.get("/v1/agreements/everything").json()["digest"]
    path = f"/v1/agreements/{digest}/{verb}"
    assert gateway.client.post(path, headers=gateway.auth).status_code == 200


def test_then_and_now_are_the_same_while_nothing_changes(xaa: Gateway) -> None:
    location = published(xaa, draft())
    table = release(xaa, location)
    stored = xaa.get(location).json()["decisions"]
    assert [
        {"nation": row["nation"], "addressed": row["addressed"]}
        | {name: row["then"][name] for name in ("permit", "code", "explanation")}
        for row in table["rows"]
    ] == stored
    assert not any("difference" in row for row in table["rows"])
    assert [row["now"]["code"] for row in table["rows"]] == [row["then"]["code"] for row in table["rows"]]
    assert table["trust_version"] == table["trust_version_now"]
    permitted = table["rows"][0]
    assert permitted["then"]["rests_on"][0]["title"] == "Agreement everything"
    assert permitted["then"]["rests_on"][0]["digest"] == permitted["now"]["rests_on"][0]["digest"]


def test_a_suspension_since_is_named_with_what_would_end_it(xaa: Gateway) -> None:
    location = published(xaa, draft())
    act(xaa, "suspend")
    row = release(xaa, location)["rows"][0]
    assert (row["then"]["permit"], row["now"]["permit"]) == (True, False)
    assert row["now"]["code"] == "AGREEMENT_SUSPENDED"
    assert row["difference"].startswith("It was permitted then; what has not left yet is withheld now.")
    assert "is suspended by Nation XAA (XAA) since" in row["difference"]
    assert [step["change"] for step in row["now"]["ways"][0]["steps"]] == ["resume"]


def test_what_was_denied_then_and_would_be_permitted_now_is_named(world: World, xaa: Gateway) -> None:
    to_community = changed(draft(action_addressees=[]), "label", "releasable_to", to=["NORDIC"])
    location = published(xaa, to_community)
    row = rows(release(xaa, location))["XDD"]
    assert (row["then"]["code"], row["now"]["code"]) == ("NO_AGREEMENT", "NO_AGREEMENT")
    assert [step["change"] for way in row["now"]["ways"] for step in way["steps"]] == ["conclude"]

    highest = (("REALM", "PROTECTED"),)
    agreed = world.realm.agree(AgreementPlan(id="with-xdd", parties=("XAA", "XDD"), highest=highest))
    answer = xaa.post("/v1/trust", {"envelopes": [json.loads(each) for each in agreed.envelopes]})
    assert answer.status_code == 200
    digest = agreed.trust.agreements["with-xdd"].digest
    assert xaa.client.post(f"/v1/agreements/{digest}/countersign", headers=xaa.auth).status_code == 200
    table = release(xaa, location)
    row = rows(table)["XDD"]
    assert (row["then"]["permit"], row["now"]["permit"]) == (False, True)
    assert "would be permitted now" in row["difference"]
    assert "publish it anew" in row["difference"]
    assert table["trust_version_now"] == table["trust_version"] + 1
    assert "difference" not in rows(table)["XBB"]


def test_a_message_that_was_issued_is_not_told_to_be_widened(xaa: Gateway) -> None:
    row = rows(release(xaa, published(xaa, draft())))["XDD"]
    assert (row["now"]["code"], row["now"]["ways"]) == ("NOT_IN_RELEASE_SET", [])


def test_a_nation_is_asked_about_for_the_version_that_it_got(xaa: Gateway) -> None:
    body = changed(draft(action_addressees=[]), "label", to={
        "policy": "NATO", "classification": "NATO SECRET", "releasable_to": ["XCC"]})  # fmt: skip
    lower = {"policy": "REALM", "classification": "LIMITED", "releasable_to": ["XBB", "XCC"]}
    body["tear_lines"] = [{"label": lower, "subject": "In short", "body": body["body"]}]
    location = published(xaa, body)
    found = rows(release(xaa, location))
    assert [found[nation].get("version") for nation in ("XBB", "XCC", "XDD")] == [1, 0, None]
    assert [found[nation]["now"]["permit"] for nation in ("XBB", "XCC", "XDD")] == [True, True, False]
    assert not any("difference" in row for row in found.values())


def test_nothing_of_the_content_is_shown(xaa: Gateway) -> None:
    location = published(xaa, draft())
    assert CANARY not in xaa.get(f"{location}/release").text


def test_only_who_may_read_the_message_may_read_why(xaa: Gateway) -> None:
    location = published(xaa, draft())
    assert_problem(xaa.get(f"{location}/release", xaa.new_key([Scope.MESSAGES_WRITE])), 403, "SCOPE_MISSING")
    other_kind = xaa.new_key([Scope.MESSAGES_READ], kinds=[Kind.EXERCISE_NOTICE.value])
    assert_problem(xaa.get(f"{location}/release", other_kind), 404, "NOT_FOUND")
    unknown = "/v1/messages/01890000-0000-7000-8000-000000000000/release"
    assert_problem(xaa.get(unknown), 404, "NOT_FOUND")
