"""What a recipient gets and sees is the same whether or not a third nation was denied the message."""

import json
import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bus.store import audit, bundles
from bus.store.bundles import NewBundle, StoredBundle
from gateways.http.inbox_views import inbox_entry
from gateways.publishing.publish import read_draft
from gateways.publishing.release_table import release_table
from schemas.audit import AuditEvent
from schemas.header import Kind
from schemas.trust import NationStatus
from tests.broker_fixtures import Broker
from tests.flows.tear_line_worlds import Sight, seen_by
from tests.flows.world import World, draft
from tests.realm_fixtures import NOW, AgreementPlan, TestRealm, make_realm

BETWEEN_TWO = AgreementPlan(parties=("XAA", "XBB"))
THIRD = AgreementPlan(id="third", parties=("XAA", "XCC"))


def realm(*third: AgreementPlan) -> TestRealm:
    """XAA agrees with XBB, and with XCC as given."""
    return make_realm(
        agreements=(BETWEEN_TWO, *third),
        communities={"GROUP": ("XBB", "XCC"), "ALL-THREE": ("XAA", "XBB", "XCC")},
    )


def suspended() -> TestRealm:
    """XCC is suspended in the realm."""
    agreed = realm(THIRD)
    return agreed.next(agreed.realm.with_status("XCC", NationStatus.SUSPENDED))


DENIALS: dict[str, tuple[Callable[[], TestRealm], str]] = {
    "no agreement": (realm, "NO_AGREEMENT"),
    "another kind only": (
        lambda: realm(AgreementPlan(id="third", parties=("XAA", "XCC"), kinds=(Kind.EXERCISE_NOTICE,))),
        "KIND_NOT_COVERED",
    ),
    "too high": (
        lambda: realm(
            AgreementPlan(id="third", parties=("XAA", "XCC"), highest=(("NATO", "NATO UNCLASSIFIED"),))
        ),
        "CLASSIFICATION_TOO_HIGH",
    ),
    "ended": (
        lambda: realm(
            AgreementPlan(
                id="third",
                parties=("XAA", "XCC"),
                not_before=NOW - timedelta(days=2),
                not_after=NOW - timedelta(days=1),
            )
        ),
        "AGREEMENT_NOT_IN_FORCE",
    ),
    "suspended in the realm": (suspended, "NATION_SUSPENDED"),
}


@dataclass
class Seen:
    """All that one world shows to XBB, or to who watches its traffic; ``third`` is the author's alone."""

    third: str = ""
    traffic: list[tuple[str, int]] = field(default_factory=list)
    opened: list[Any] = field(default_factory=list)
    inbox: list[Any] = field(default_factory=list)
    audit: list[Any] = field(default_factory=list)
    answer: Any = None


def made_directory(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent / name


async def seen(directory: Path, made: TestRealm, monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Let XAA publish to the group, and collect what XBB sees of it."""
    found = Seen()
    broker = Broker(directory)
    await broker.start()
    world = World(directory, broker, made)
    left: list[StoredBundle] = []
    insert = bundles.insert

    def watched(tx: sqlite3.Connection, new: Sequence[NewBundle]) -> tuple[int, ...]:
        for bundle in new:
            if "XCC" not in bundle.subject:
                found.traffic.append((bundle.subject, len(bundle.sealed)))
            if bundle.subject.startswith("out.XAA."):
                left.append(StoredBundle(0, bundle.bundle_id, bundle.subject, bundle.sealed))
        return insert(tx, new)

    monkeypatch.setattr(bundles, "insert", watched)
    try:
        alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
        for number in range(2):
            accepted = await alfa.publish("GROUP", subject=f"Number {number}")
            codes = {row.nation: row.code.value for row in accepted.decisions}
            mail = await bravo.mail(number + 1)
            states = {"XBB": "delivered"} | ({"XCC": "sent"} if codes["XCC"] == "RELEASE_PERMITTED" else {})
            await alfa.states(accepted, states)
        found.third = codes["XCC"]
        found.opened = [
            (sight.octets, sight.header[:-1], neutral_root(sight.root), sight.signatures, deliveries(sight))
            for sight in seen_by("XBB", left, made)
        ]
        # Its own sendings are recorded a little later than its receipts arrive.
        await bravo.evidence(AuditEvent.DELIVERY_SENT, 2)
        found.inbox = [neutral(inbox_entry(each, NOW, with_content=True)) for each in mail]
        records = await bravo.store.read(lambda tx: audit.list_after(tx, limit=1000))
        found.audit = [neutral(each.record) for each in records]
        reply = json.loads(draft(["XAA"]))
        reply["header"]["references"] = [
            {
                "message_id": mail[0].message_id,
                "originator": "XAA",
                "digest": mail[0].digest,
                "relation": "replies",
            }
        ]
        table = await release_table(bravo.exchange.context, read_draft(json.dumps(reply).encode()))
        # The nation that is suspended in the realm is that for everybody.
        kept = [row for row in table.decisions if row.nation == "XAA"]
        found.answer = neutral(table.model_copy(update={"decisions": tuple(kept)}).encode())
    finally:
        monkeypatch.setattr(bundles, "insert", insert)
        await world.stop()
        await broker.server.kill()
    return found


def deliveries(sight: Sight) -> list[Any]:
    """Statement, length of the path to the root, content of every delivery in a bundle."""
    return [(neutral(statement), path, neutral(content)) for statement, path, content in sight.deliveries]


def neutral_root(root: dict[str, Any]) -> Any:
    return neutral(json.dumps(root, separators=(",", ":")).encode())


def neutral(encoded: bytes) -> Any:
    """JSON without what is random in every world: ids, digests, keys, the trust version."""
    text = re.sub(rb"sha256:[0-9a-f]{64}", b"D", encoded)
    text = re.sub(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", b"U", text)
    text = re.sub(rb'"(sign_kid|bundle_id)":"[^"]*"', rb'"\1":"K"', text)
    return json.loads(re.sub(rb'"trust_version":\d+', b'"trust_version":0', text))


@pytest.mark.parametrize("why", DENIALS)
async def test_a_recipient_sees_the_same_with_and_without_a_denied_third_nation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    made, code = DENIALS[why]
    without = await seen(made_directory(tmp_path, "without"), realm(THIRD), monkeypatch)
    denied = await seen(made_directory(tmp_path, "with"), made(), monkeypatch)
    assert (without.third, denied.third) == ("RELEASE_PERMITTED", code)
    assert denied.traffic == without.traffic
    assert len(denied.traffic) >= 4, "two messages, two receipts"
    assert denied.opened == without.opened
    assert len(denied.opened) == 2
    assert denied.inbox == without.inbox
    assert denied.audit == without.audit
    assert denied.answer == without.answer
    assert code not in json.dumps([denied.opened, denied.inbox, denied.audit, denied.answer])
