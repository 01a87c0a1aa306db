"""Agreements over HTTP: proposed, shown, acted on, refused with a code and a pointer."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from gateways.http.routes.agreements import EXAMPLE
from tests.gateway.drafts import changed, draft
from tests.gateway.running import NO_BROKER, Gateway, World, assert_problem
from tests.protocol.agreement_papers import proposal
from tests.realm_fixtures import AgreementPlan

_NUMBERS = itertools.count()


@pytest.fixture
def xaa(world: World) -> Iterator[Gateway]:
    """A gateway of XAA without what other tests did."""
    with world.gateway("XAA", f"agreements-{next(_NUMBERS)}", nats_url=NO_BROKER) as running:
        yield running


def terms(**changes: object) -> dict[str, Any]:
    return {**EXAMPLE, **changes}


def act(gateway: Gateway, digest: str, verb: str) -> Any:
    return gateway.client.post(f"/v1/agreements/{digest}/{verb}", headers=gateway.auth)


def test_a_realms_agreement_is_listed_with_every_partys_countersignature(xaa: Gateway) -> None:
    (listed,) = xaa.get("/v1/agreements").json()["items"]
    assert (listed["id"], listed["state"]) == ("everything", "in_force")
    assert "proposed_by" not in listed
    assert {(p["standing"], p["act"], p["number"]) for p in listed["parties"]} == {
        ("agreed", "countersign", 1)
    }
    assert xaa.get("/v1/agreements/everything").json() == listed
    assert xaa.get(f"/v1/agreements/{listed['digest']}").json() == listed
    assert_problem(xaa.get("/v1/agreements/nothing"), 404, "NOT_FOUND")


def test_a_proposal_is_countersigned_by_its_proposer_and_waits_for_the_others(xaa: Gateway) -> None:
    answer = xaa.post("/v1/agreements", terms())
    assert answer.status_code == 201
    made = answer.json()
    assert (made["id"], made["version"], made["state"], made["proposed_by"]) == (
        "nordic-alerts",
        1,
        "proposed",
        "XAA",
    )
    assert [(p["nation"], p["standing"]) for p in made["parties"]] == [("XAA", "agreed"), ("XBB", "missing")]
    assert xaa.get(f"/v1/agreements/{made['digest']}").json() == made
    events = [record["event"] for record in xaa.audit()]
    assert events[-2:] == ["agreement.proposed", "agreement.countersigned"]
    # The realm's documents are shown to whoever may see them; what nations agree on is not among them.
    assert [entry["id"] for entry in xaa.get("/v1/trust").json()["agreements"]] == ["everything"]
    assert b"entente_agreement_acts_total 1.0" in xaa.get("/metrics").content


def test_suspending_denies_the_next_draft_and_resuming_permits_it(xaa: Gateway) -> None:
    digest = xaa.get("/v1/agreements/everything").json()["digest"]
    assert act(xaa, digest, "suspend").json()["state"] == "suspended"
    body = changed(draft(action_addressees=["XBB"]), "label", "releasable_to", to=["XBB"])
    assert_problem(xaa.publish(body), 422, "AGREEMENT_SUSPENDED", "/header/action_addressees")
    assert_problem(act(xaa, digest, "suspend"), 409, "ALREADY_DONE")
    assert act(xaa, digest, "resume").json()["state"] == "in_force"
    assert xaa.publish(body).status_code == 201
    assert act(xaa, digest, "leave").json()["state"] == "left"
    assert_problem(xaa.publish(body), 422, "AGREEMENT_LEFT", "/header/action_addressees")
    for verb in ("countersign", "resume", "leave"):
        assert_problem(act(xaa, digest, verb), 409, "AGREEMENT_LEFT")


REFUSED: list[object] = [
    (
        "a nation that the realm does not know",
        {"parties": ["XAA", "XZZ"]},
        422,
        "NATION_UNKNOWN",
        "/parties/1",
    ),
    ("no party of its own", {"parties": ["XBB", "XCC"]}, 422, "AGREEMENT_NOT_PARTY", "/parties"),
    (
        "a classification that the policy has not",
        {"highest": [{"policy": "NATO", "classification": "ULTRA"}]},
        422,
        "CLASSIFICATION_UNKNOWN",
        "/highest/0",
    ),
    ("an end that has passed", {"not_after": "2026-03-03T00:00:00Z"}, 422, "TIME_INVALID", "/not_after"),
    ("an id that is taken", {"id": "everything"}, 409, "AGREEMENT_VERSION_TAKEN", "/version"),
    ("a field that is not known", {"colour": "blue"}, 422, "SCHEMA_INVALID", "/colour"),
]


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [pytest.param(*case[1:], id=case[0]) for case in REFUSED],  # type: ignore[index]
)
def test_a_proposal_is_refused_for(
    xaa: Gateway, changes: dict[str, object], status: int, code: str, pointer: str
) -> None:
    before = xaa.get("/v1/agreements").json()
    assert_problem(xaa.post("/v1/agreements", terms(**changes)), status, code, pointer)
    assert xaa.get("/v1/agreements").json() == before


def test_an_act_names_a_digest_and_nothing_else(xaa: Gateway) -> None:
    assert_problem(act(xaa, "everything", "suspend"), 422, "PARAMETER_INVALID")
    assert_problem(act(xaa, "sha256:" + "0" * 64, "suspend"), 404, "NOT_FOUND")


def test_what_partners_propose_hides_no_agreement_of_the_same_id(xaa: Gateway, world: World) -> None:
    (listed,) = xaa.get("/v1/agreements").json()["items"]
    assert act(xaa, listed["digest"], "suspend").status_code == 200
    squatted = proposal(world.realm, AgreementPlan(id="everything", parties=("XAA", "XBB")), "XBB", version=9)
    pacts = [
        proposal(world.realm, AgreementPlan(id="pact", parties=("XAA", by)), by) for by in ("XBB", "XCC")
    ]
    bring(xaa, squatted.envelope, pacts[0].envelope)
    assert xaa.get("/v1/agreements/everything").json()["digest"] == listed["digest"]
    assert xaa.get(f"/v1/agreements/{squatted.digest}").json()["version"] == 9
    assert xaa.get("/v1/agreements/pact").json()["digest"] == pacts[0].digest
    bring(xaa, pacts[1].envelope)
    assert_problem(xaa.get("/v1/agreements/pact"), 422, "PARAMETER_INVALID")
    assert xaa.get(f"/v1/agreements/{pacts[1].digest}").json()["proposed_by"] == "XCC"
    assert act(xaa, pacts[1].digest, "countersign").status_code == 200
    assert xaa.get("/v1/agreements/pact").json()["digest"] == pacts[1].digest


def bring(gateway: Gateway, *envelopes: bytes) -> None:
    answer = gateway.post("/v1/trust", {"envelopes": [json.loads(each) for each in envelopes]})
    assert answer.status_code == 200
