"""Backfills over HTTP and from the command line: who may, what is answered, what an auditor does not see."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import Request
from typer.testing import CliRunner

from bus.store import operators
from entente.cli import build_app
from gateways.http import limits
from gateways.http.api_keys import Scope
from gateways.http.routes import backfills
from gateways.http.routes.backfills import BackfillSummary
from schemas.base import rfc3339
from schemas.community import Membership
from schemas.header import Kind
from schemas.operator import Role
from schemas.trust import DocumentType
from tests.gateway.drafts import CANARY, Json, draft
from tests.gateway.operator_desk import hire, sign_in
from tests.gateway.running import NO_BROKER, Gateway, World, assert_problem
from tests.realm_fixtures import community_document


@pytest.fixture(scope="module")
def joined(world: World) -> Iterator[Gateway]:
    """XAA wrote to NORDIC; then XCC, which has an agreement with it, joined."""
    with world.gateway("XAA", "backfill", nats_url=NO_BROKER) as running:
        missed = draft(action_addressees=[])
        missed["label"]["releasable_to"] = ["NORDIC"]
        assert running.publish(missed).status_code == 201
        realm, now = world.realm, datetime.now(UTC)
        held = realm.realm.documents[DocumentType.COMMUNITY, "NORDIC"].document
        members = ("XAA", "XBB", "XDD", Membership(nation="XCC", since=now))
        later = community_document(realm.id, "NORDIC", members, held.version + 1)
        changed = realm.next(realm.realm.with_document(later, realm.authority), now=now)
        brought = running.post("/v1/trust", {"envelopes": [json.loads(each) for each in changed.envelopes]})
        assert brought.status_code == 200, brought.text
        yield running


def asked(**changed: object) -> Json:
    since = rfc3339(datetime.now(UTC) - timedelta(hours=1))
    return {"community": "NORDIC", "nation": "XCC", "mode": "OPERATION", "since": since} | changed


def propose(gateway: Gateway, key: str | None = None, **changed: object) -> httpx.Response:
    return gateway.post("/v1/backfills", asked(**changed), key)


def confirm(gateway: Gateway, made: Json, key: str | None = None, **changed: object) -> httpx.Response:
    body = {"digest": made["digest"]} | changed
    return gateway.post(f"/v1/backfills/{made['backfill_id']}/confirm", body, key)


def test_a_backfill_is_proposed_shown_and_sent_once(joined: Gateway) -> None:
    answer = propose(joined, mode="TEST")
    assert (answer.status_code, answer.json()["items"]) == (201, [])
    assert_problem(confirm(joined, answer.json()), 409, "BACKFILL_EMPTY")

    answer = propose(joined)
    made = answer.json()
    assert answer.headers["location"] == f"/v1/backfills/{made['backfill_id']}"
    (item,) = made["items"]
    assert (item["sends"], item["code"]) == (True, "RELEASE_PERMITTED")
    assert item["subject"].startswith(CANARY)
    assert item["label"]["releasable_to"] == ["XCC"]
    assert "confirmed_at" not in made
    assert joined.get(answer.headers["location"]).json() == made
    position, before = joined.audit_position(), joined.publications()

    assert_problem(confirm(joined, made, digest="sha256:" + "0" * 64), 409, "BACKFILL_DIGEST_MISMATCH")
    assert_problem(confirm(joined, made, more=1), 422, "SCHEMA_INVALID")
    assert joined.publications() == before
    done = confirm(joined, made)
    assert done.status_code == 200
    (published,) = done.json()["published"]
    assert published["message_id"] == item["message_id"]
    shown = joined.get(f"/v1/messages/{published['publication_id']}").json()
    assert [delivery["nation"] for delivery in shown["deliveries"]] == ["XCC"]
    assert confirm(joined, made).json() == done.json()
    assert joined.publications() == before + 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backfills, "listing_of", None)  # lists are long: none is read where many are shown
        (listed, empty) = joined.get("/v1/backfills").json()["items"]
    assert listed == {name: done.json()[name] for name in BackfillSummary.model_fields}
    assert (listed["sends"], empty["sends"], "confirmed_at" in empty) == (1, 0, False)
    events = [record["event"] for record in joined.audit(position)]
    assert events.count("backfill.confirmed") == events.count("publication.accepted") == 1
    assert CANARY not in json.dumps(joined.audit(position))


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        pytest.param({"community": "EASTERN"}, 422, "COMMUNITY_UNKNOWN", id="an unknown community"),
        pytest.param({"nation": "NOR"}, 422, "NATION_UNKNOWN", id="a nation of no place in the realm"),
        pytest.param({"since": "yesterday"}, 422, "TIME_INVALID", id="a time that is none"),
        pytest.param({"kinds": []}, 422, "SCHEMA_INVALID", id="no kind at all"),
        pytest.param({"mode": "ANY"}, 422, "SCHEMA_INVALID", id="every mode at once"),
        pytest.param({"community": "XBB"}, 422, "SCHEMA_INVALID", id="a nation for a community"),
    ],
)
def test_what_is_no_backfill_is_refused(joined: Gateway, changed: Json, status: int, code: str) -> None:
    assert_problem(propose(joined, **changed), status, code)


def test_one_that_is_not_there_is_not_found(joined: Gateway) -> None:
    nobody = {"backfill_id": "01890000-0000-7000-8000-000000000000", "digest": "sha256:" + "0" * 64}
    assert_problem(confirm(joined, nobody), 404, "NOT_FOUND")
    assert_problem(joined.get(f"/v1/backfills/{nobody['backfill_id']}"), 404, "NOT_FOUND")


def test_a_key_that_is_limited_to_kinds_proposes_and_sees_those_only(joined: Gateway) -> None:
    notices = joined.new_key([Scope.BACKFILLS_WRITE, Scope.MESSAGES_READ], kinds=[Kind.EXERCISE_NOTICE.value])
    made = propose(joined, notices).json()
    assert made["items"] == []
    assert_problem(propose(joined, notices, kinds=["threat_alert"]), 403, "SCOPE_MISSING")
    everything = propose(joined).json()
    assert_problem(confirm(joined, everything, notices), 404, "NOT_FOUND")
    assert_problem(joined.get(f"/v1/backfills/{everything['backfill_id']}", notices), 404, "NOT_FOUND")
    listed = joined.get("/v1/backfills", notices).json()["items"]
    assert {row["backfill_id"] for row in listed} == {made["backfill_id"]}


def test_a_releaser_needs_a_fresh_password_and_an_auditor_sees_no_title(joined: Gateway) -> None:
    hire(joined, "rita", Role.RELEASER)
    hire(joined, "otto", Role.AUDITOR)
    token = sign_in(joined, "rita")["access_token"]
    made = propose(joined, token).json()
    assert made["proposed_by"] == "operator:rita"
    joined.write(
        lambda tx: tx.execute(
            "UPDATE operator_token SET fresh_at = fresh_at - 3600000000"
            " WHERE session_id IN (SELECT session_id FROM operator_session WHERE operator = 'rita')"
        )
    )
    position = joined.audit_position()
    assert_problem(propose(joined, token), 403, "SIGN_IN_NOT_FRESH")
    assert_problem(confirm(joined, made, token), 403, "SIGN_IN_NOT_FRESH")
    assert [code for _, code in joined.refusals(position)] == ["SIGN_IN_NOT_FRESH"] * 2
    auditor = sign_in(joined, "otto")["access_token"]
    seen = joined.get(f"/v1/backfills/{made['backfill_id']}", auditor)
    assert [item["message_id"] for item in seen.json()["items"]] == [
        item["message_id"] for item in made["items"]
    ]
    assert CANARY not in seen.text


def test_who_is_disabled_while_the_body_comes_sends_nothing(
    joined: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire(joined, "vera", Role.RELEASER)
    token, made, read = (
        sign_in(joined, "vera")["access_token"],
        propose(joined).json(),
        limits.read_json_body,
    )

    async def slowly(request: Request, **bounds: Any) -> bytes:
        body = await read(request, **bounds)
        store = joined.runtime.context.store
        await store.write(lambda tx: operators.set_enabled(tx, "vera", False))
        return body

    monkeypatch.setattr(backfills, "read_json_body", slowly)
    before = joined.publications()
    assert_problem(confirm(joined, made, token), 401, "CREDENTIALS_INVALID")
    assert joined.publications() == before


def test_the_command_line_proposes_shows_and_confirms(joined: Gateway, tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    key_file.write_text(joined.key)
    key_file.chmod(0o600)
    options = ["--gateway", joined.url, "--key-file", str(key_file)]

    def run(*words: str) -> str:
        result = CliRunner().invoke(build_app("backfill"), ["backfill", *words, *options])
        assert result.exit_code == 0, result.output
        return result.output

    words = ("propose", "NORDIC", "XCC", "--since", asked()["since"], "--kind", "threat_alert", "--json")
    made = json.loads(run(*words))
    shown = run("show", made["backfill_id"])
    assert made["digest"] in shown
    assert "nothing yet" in shown
    assert made["backfill_id"] in run("show")
    refused = CliRunner().invoke(
        build_app("backfill"),
        ["backfill", "confirm", made["backfill_id"], "--digest", "sha256:" + "0" * 64, *options],
    )
    assert "BACKFILL_DIGEST_MISMATCH" in str(refused.exception)
