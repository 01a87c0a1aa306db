"""Trust documents over HTTP: shown, brought, refused; and the list of partners."""

import itertools
import json
from collections.abc import Iterator

import pytest

from bus.trust_bundle import write_bundle
from schemas.operator import Role
from tests.gateway.drafts import changed, draft
from tests.gateway.operator_desk import hire, sign_in
from tests.gateway.running import NO_BROKER, Gateway, World, assert_problem
from tests.gateway.test_receipts import exchanged, until

_NUMBERS = itertools.count()


@pytest.fixture
def xcc(world: World) -> Iterator[Gateway]:
    """A gateway of XCC that starts with the realm's first documents."""
    with world.gateway("XCC", f"trust-{next(_NUMBERS)}", nats_url=NO_BROKER) as running:
        yield running


def bringing(envelopes: tuple[bytes, ...]) -> dict[str, list[object]]:
    return {"envelopes": [json.loads(envelope) for envelope in envelopes]}


def test_trust_is_shown(xcc: Gateway, world: World) -> None:
    shown = xcc.get("/v1/trust").json()
    assert (shown["realm"], shown["trust_version"], shown["stale"]) == (world.realm.id, 1, False)
    assert [entry["nation"] for entry in shown["nations"]] == ["XAA", "XBB", "XCC", "XDD"]
    assert [(entry["id"], entry["parties"]) for entry in shown["agreements"]] == [
        ("everything", ["XAA", "XBB", "XCC"])
    ]
    assert shown["communities"][0]["members"] == ["XAA", "XBB", "XDD"]
    levels = {entry["id"]: entry["levels"] for entry in shown["policies"]}
    assert levels["NATO"][0] == "NATO UNCLASSIFIED"
    assert [entry["policy"] for entry in shown["nations"] if "policy" in entry] == ["SWE"]
    assert shown["communities"][0]["periods"] == [{"nation": n} for n in ("XAA", "XBB", "XDD")]
    assert {entry["rests_on"] for entry in shown["equivalences"]} == {"A table for tests"}
    assert all(entry["source"] and not entry["unverified"] for entry in shown["policies"])


def test_newer_documents_take_effect_at_once(xcc: Gateway, world: World) -> None:
    body = changed(draft(action_addressees=["XAA"]), "label", "releasable_to", to=["XAA"])
    assert xcc.publish(body).status_code == 201
    ended = world.realm.end_agreement("everything")
    answer = xcc.post("/v1/trust", bringing(ended.envelopes))
    assert answer.json()["changed"] is True
    assert answer.json()["trust_version"] == 2
    assert_problem(xcc.publish(body), 422, "NO_AGREEMENT", "/header/action_addressees")
    assert xcc.post("/v1/trust", bringing(ended.envelopes)).json()["changed"] is False
    old = xcc.post("/v1/trust", bringing(world.realm.envelopes))
    assert old.json()["trust_version"] == 2, "older documents change nothing"
    assert "trust.changed" in {record["event"] for record in xcc.audit()}


def test_documents_of_another_realm_are_refused_and_recorded(
    xcc: Gateway, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from tests.realm_fixtures import make_realm

    foreign = make_realm(("XCC", "XDD"))
    answer = xcc.post("/v1/trust", bringing(foreign.envelopes))
    assert 400 <= answer.status_code < 500
    assert answer.json()["code"].startswith("TRUST_")
    assert xcc.get("/v1/trust").json()["trust_version"] == 1
    assert [r["reason"] for r in xcc.audit() if r["event"] == "trust.refused"] == [answer.json()["code"]]


def test_an_altered_document_is_refused(xcc: Gateway, world: World) -> None:
    ended = bringing(world.realm.end_agreement("everything").envelopes)
    for envelope in ended["envelopes"]:
        assert isinstance(envelope, dict)
        if "snapshot" in envelope["payloadType"]:
            signature = envelope["signatures"][0]["sig"]
            envelope["signatures"][0]["sig"] = ("B" if signature[0] == "A" else "A") + signature[1:]
    answer = xcc.post("/v1/trust", ended)
    assert answer.status_code == 422
    assert xcc.get("/v1/trust").json()["trust_version"] == 1


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        pytest.param(b"{", 400, "JSON_MALFORMED", None, id="malformed JSON"),
        pytest.param({}, 422, "SCHEMA_INVALID", "/envelopes", id="no envelopes"),
        pytest.param({"envelopes": []}, 422, "SCHEMA_INVALID", "/envelopes", id="an empty list"),
        pytest.param({"envelopes": [1]}, 422, "SCHEMA_INVALID", "/envelopes/0", id="no object"),
        pytest.param({"envelopes": [{}], "x": 1}, 422, "SCHEMA_INVALID", "/envelopes", id="an unknown field"),
        pytest.param(b'{"envelopes":["' + b"A" * 2**20 + b'"]}', 413, "BODY_TOO_LARGE", None, id="too much"),
    ],
)
def test_a_bad_body_is_refused(
    xaa: Gateway, body: object, status: int, code: str, pointer: str | None
) -> None:
    assert_problem(xaa.post("/v1/trust", body), status, code, pointer)


def test_a_document_that_is_no_envelope_is_refused(xaa: Gateway) -> None:
    answer = xaa.post("/v1/trust", {"envelopes": [{}]})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_partners_show_standing_backlog_and_contact(xaa: Gateway, xbb: Gateway) -> None:
    xbb_before = xbb.get("/v1/inbox", params={"limit": 1}).json()["items"]
    if not xbb_before:
        xaa.publish(draft())
        xbb.wait_inbox(0, 1)
    partners = {row["nation"]: row for row in xbb.get("/v1/partners").json()["items"]}
    assert set(partners) == {"XAA", "XCC", "XDD"}
    assert partners["XAA"]["status"] == "active"
    assert partners["XAA"]["keys_in_force"] > 0
    assert "last_message_at" in partners["XAA"]
    assert "last_message_at" not in partners["XDD"]


def test_a_partner_that_is_away_has_a_backlog(xcc: Gateway) -> None:
    body = changed(draft(action_addressees=["XAA"]), "label", "releasable_to", to=["XAA"])
    for _ in range(3):
        assert xcc.publish(body).status_code == 201
    partners = {row["nation"]: row for row in xcc.get("/v1/partners").json()["items"]}
    away = partners["XAA"]
    assert away["queued"] + away["sealed"] == 3
    assert partners["XBB"]["queued"] + partners["XBB"]["sealed"] == 0
    states = {row["state"] for item in xcc.get("/v1/messages").json()["items"] for row in item["deliveries"]}
    assert states == {"queued"}


def test_a_gateway_starts_with_what_it_learned(world: World) -> None:
    ended = world.realm.end_agreement("everything")
    with world.gateway("XCC", "learned", nats_url=NO_BROKER) as running:
        assert running.post("/v1/trust", bringing(ended.envelopes)).json()["trust_version"] == 2
    write_bundle(world.directory / "old", world.realm.envelopes)
    with world.gateway("XCC", "learned", nats_url=NO_BROKER, trust_dir=world.directory / "old") as running:
        assert running.get("/v1/trust").json()["trust_version"] == 2


def test_partners_show_how_fast_they_are_and_what_was_exchanged(xaa: Gateway, xbb: Gateway) -> None:
    publication_id, _ = exchanged(xaa, xbb)
    until(xaa, publication_id, "delivered")
    partner = xaa.get("/v1/partners/XBB").json()["partner"]
    pace = partner["pace"]
    assert pace["measured"] >= 1
    assert 0 < pace["delivery_seconds"] < 60
    assert abs(pace["clock_offset_seconds"]) <= pace["clock_within_seconds"] + 0.01
    assert len(partner["activity"]["sent"]) == len(partner["activity"]["received"]) == 20
    assert sum(partner["activity"]["sent"]) >= 1
    received = xbb.get("/v1/partners/XAA").json()["partner"]["activity"]["received"]
    assert sum(received) >= 1
    assert partner["flash_unacknowledged"] == 0
    listed = {row["nation"]: row for row in xaa.get("/v1/partners").json()["items"]}
    assert "pace" not in listed["XDD"], "nothing was delivered there"
    assert sum(listed["XDD"]["activity"]["sent"]) == 0


def test_a_partner_in_depth_has_its_keys(xaa: Gateway) -> None:
    shown = xaa.get("/v1/partners/XBB").json()
    assert {key["use"] for key in shown["keys"]} >= {"message", "receipt", "seal"}
    assert min(key["not_after"] for key in shown["keys"]) == shown["partner"]["keys_end_at"]
    assert all("fault" not in key for key in shown["keys"])
    for nation in ("XAA", "XZZ"):
        assert_problem(xaa.get(f"/v1/partners/{nation}"), 404, "NOT_FOUND")


def test_who_sees_exercises_only_sees_no_figures_of_traffic(xaa: Gateway) -> None:
    hire(xaa, "edna", Role.EXERCISE_STAFF)
    token = sign_in(xaa, "edna")["access_token"]
    partner = xaa.get("/v1/partners/XBB", token).json()["partner"]
    assert not {"pace", "activity", "flash_unacknowledged", "queued"} & partner.keys()
    assert partner["keys_in_force"] > 0
