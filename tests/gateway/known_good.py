"""Requests that succeed, for every operation whose success nobody meets by chance.

What has to be there first is put there; the answer is compared with the description like any other.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from bus.store import operator_identities
from bus.store.columns import micros
from bus.store.operator_identities import Identity
from schemas.base import rfc3339
from schemas.community import Membership
from schemas.operator import Role
from schemas.trust import DocumentType
from tests.gateway.drafts import draft, soon
from tests.gateway.operator_desk import PASSWORD, as_, hire, link_for, sign_in
from tests.gateway.probing import Probe
from tests.gateway.running import Gateway, World, last_seq
from tests.labels.label_cases import category, xml
from tests.oidc.own_provider import BACK, OwnProvider
from tests.protocol.agreement_papers import proposal
from tests.realm_fixtures import AgreementPlan, community_document

Json = dict[str, Any]


def succeed(probe: Probe, world: World, xaa: Gateway, xbb: Gateway, provider: OwnProvider) -> None:
    """Every act of this file, done at XAA."""
    requests_of_a_partner(probe, xaa, xbb)
    requests_of_ours(probe, xaa)
    recall(probe, xaa)
    label(probe, xaa)
    webhooks(probe, xaa)
    agreement_of_a_partner(probe, world, xaa)
    release_by_a_second_person(probe, xaa)
    backfill_for_a_new_member(probe, world, xaa)
    saved_views(probe, xaa)
    operators(probe, xaa)
    operators_of_the_provider(probe, xaa, provider)


def requests_of_a_partner(probe: Probe, xaa: Gateway, xbb: Gateway) -> None:
    """One open request of XBB's for each act of whom it asks."""
    bodies: dict[str, Json] = {
        "accept": {"further_answer_by": soon(hours=2)},
        "decline": {"decline_code": "NO_CAPACITY"},
        "redirect": {"redirect_to": "XCC"},
    }
    for act, body in bodies.items():
        after = last_seq(xaa)
        asked = _ask(xbb, "XAA")["message_id"]
        xaa.wait_messages(after, [asked])
        probe.succeed(f"POST /v1/requests/{{message_id}}/{act}", xaa.auth, body, message_id=asked)


def requests_of_ours(probe: Probe, xaa: Gateway) -> None:
    """One open request of XAA's for each act of whose it is."""
    bodies = {"close": {"outcome": "SATISFIED"}, "cancel": {"reason": "OVERTAKEN"}}
    for act, body in bodies.items():
        asked = _ask(xaa, "XBB")["message_id"]
        probe.succeed(f"POST /v1/requests/{{message_id}}/{act}", xaa.auth, body, message_id=asked)


def recall(probe: Probe, xaa: Gateway) -> None:
    place = {"publication_id": _accepted(xaa, draft())["publication_id"]}
    path = "/v1/messages/{publication_id}/recall"
    probe.succeed(f"POST {path}", xaa.auth, {"reason": "RELEASED_IN_ERROR"}, **place)
    probe.succeed(f"GET {path}", xaa.auth, **place)


def label(probe: Probe, xaa: Gateway) -> None:
    document = xml(
        category("Releasable To", "XBB"),
        policy="<s:PolicyIdentifier>REALM</s:PolicyIdentifier>",
        level="<s:Classification>LIMITED</s:Classification>",
    )
    probe.succeed("POST /v1/labels/read", xaa.auth, document.encode(), media_type="application/xml")


def webhooks(probe: Probe, xaa: Gateway) -> None:
    """A webhook whose receiver did not take two events."""
    made = probe.succeed("POST /v1/webhooks", xaa.auth, {"url": "https://nobody.invalid/"})
    place = {"webhook_id": made["webhook_id"]}
    letters = [(made["webhook_id"], number, micros(datetime.now(UTC))) for number in (1, 2)]
    xaa.write(
        lambda tx: tx.executemany(
            "INSERT INTO webhook_dead_letter (webhook_id, event_seq, died_at, tries, fault, again)"
            " VALUES (?, ?, ?, 9, 'STATUS_500', 0)",
            letters,
        )
    )
    probe.succeed("GET /v1/webhooks/{webhook_id}/dead-letters", xaa.auth, **place)
    path = "/v1/webhooks/{webhook_id}/dead-letters/{event_seq}"
    probe.succeed(f"POST {path}/retry", xaa.auth, event_seq="1", **place)
    probe.succeed(f"DELETE {path}", xaa.auth, event_seq="2", **place)


def agreement_of_a_partner(probe: Probe, world: World, xaa: Gateway) -> None:
    """XBB proposed it; XAA countersigns."""
    plan = AgreementPlan(id="proposed-by-xbb", parties=("XAA", "XBB"))
    proposed = proposal(world.realm, plan, "XBB")
    probe.succeed("POST /v1/trust", xaa.auth, {"envelopes": [json.loads(proposed.envelope)]})
    probe.succeed("POST /v1/agreements/{digest}/countersign", xaa.auth, digest=proposed.digest)


def release_by_a_second_person(probe: Probe, xaa: Gateway) -> None:
    """A FLASH waits; a releaser, who sets and lifts MINIMIZE too, confirms it."""
    hire(xaa, "rita", Role.RELEASER)
    rita = as_(sign_in(xaa, "rita")["access_token"])
    place = {"publication_id": _accepted(xaa, draft(precedence="FLASH"))["publication_id"]}
    (waiting,) = probe.succeed("GET /v1/releases", rita)["items"]
    body = {"digest": waiting["release_digest"], "decision": "confirm"}
    probe.succeed("POST /v1/messages/{publication_id}/release", rita, body, **place)
    probe.succeed("POST /v1/minimize", rita, {"lowest": "IMMEDIATE", "until": soon(hours=1)})
    probe.succeed("DELETE /v1/minimize", rita)


def backfill_for_a_new_member(probe: Probe, world: World, xaa: Gateway) -> None:
    """XAA writes to NORDIC; then XCC joins, and gets what it missed."""
    missed = draft(action_addressees=[])
    missed["label"]["releasable_to"] = ["NORDIC"]
    _accepted(xaa, missed)
    realm, now = world.realm, datetime.now(UTC)
    held = realm.realm.documents[DocumentType.COMMUNITY, "NORDIC"].document
    members = ("XAA", "XBB", "XDD", Membership(nation="XCC", since=now))
    joined = community_document(realm.id, "NORDIC", members, held.version + 1)
    changed = realm.next(realm.realm.with_document(joined, realm.authority), now=now)
    probe.succeed("POST /v1/trust", xaa.auth, {"envelopes": [json.loads(each) for each in changed.envelopes]})
    asked = {
        "community": "NORDIC",
        "nation": "XCC",
        "mode": "OPERATION",
        "since": rfc3339(now - timedelta(hours=1)),
    }
    made = probe.succeed("POST /v1/backfills", xaa.auth, asked)
    place = {"backfill_id": made["backfill_id"]}
    done = probe.succeed(
        "POST /v1/backfills/{backfill_id}/confirm", xaa.auth, {"digest": made["digest"]}, **place
    )
    assert done["published"]


def saved_views(probe: Probe, xaa: Gateway) -> None:
    """A search that a watch officer keeps, and gives up again."""
    hire(xaa, "vera", Role.WATCH_OFFICER)
    vera = as_(sign_in(xaa, "vera")["access_token"])
    probe.succeed(
        "PUT /v1/views/{name}", vera, {"query": "from:XBB prec:flash"}, name="Urgent from the north"
    )
    probe.succeed("DELETE /v1/views/{name}", vera, name="Urgent from the north")


def operators(probe: Probe, xaa: Gateway) -> None:
    """One who signs in, goes on, gives the password again, replaces it and leaves."""
    hire(xaa, "olga", Role.WATCH_OFFICER)
    session = probe.succeed("POST /v1/operators/sign-in", {}, {"name": "olga", "password": PASSWORD})
    probe.succeed("POST /v1/operators/link", {}, {"link": link_for(xaa, "olga")})
    session = probe.succeed("POST /v1/operators/refresh", {}, {"refresh_token": session["refresh_token"]})
    olga = as_(session["access_token"])
    probe.succeed("POST /v1/operators/fresh", olga, {"password": PASSWORD})
    replaced = {"current_password": PASSWORD, "new_password": "eight herons cross the ford"}
    session = probe.succeed("POST /v1/operators/password", olga, replaced)
    probe.succeed("POST /v1/operators/sign-out", as_(session["access_token"]))
    probe.succeed("POST /v1/operators/revoke", {}, {"refresh_token": session["refresh_token"]})


def operators_of_the_provider(probe: Probe, xaa: Gateway, provider: OwnProvider) -> None:
    """One who signs in at the identity provider, and proves again there who they are."""
    hire(xaa, "oona", Role.WATCH_OFFICER)
    identity = Identity(provider.url, "sub", "1234")
    xaa.write(lambda tx: operator_identities.link(tx, "oona", identity, datetime.now(UTC)))
    oona: dict[str, str] = {}
    for part in ("", "/fresh"):
        begun = probe.succeed(f"POST /v1/operators/oidc{part}/begin", oona, {"redirect_uri": BACK})
        back = provider.authorize(begun["authorization_url"]) | {"transaction": begun["transaction"]}
        session = probe.succeed(f"POST /v1/operators/oidc{part}/finish", oona, back)
        oona = as_(session["access_token"])


def _ask(asking: Gateway, nation: str) -> Json:
    made = draft("information_request", action_addressees=[nation])
    made["label"]["releasable_to"] = [nation]
    made["body"] |= {"ltiov": soon(hours=5), "answer_requested_by": soon(hours=3), "release_needed_to": []}
    return _accepted(asking, made)


def _accepted(gateway: Gateway, made: Json) -> Json:
    answer = gateway.publish(made)
    assert answer.status_code == 201, answer.text
    accepted: Json = answer.json()
    return accepted
