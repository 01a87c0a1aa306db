"""An acknowledgement that no agreement carries is told by receipt alone, if its author says so."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bus.store import inbox
from schemas.wire import Handling
from tests.gateway.running import NO_BROKER, Gateway, World, assert_problem
from tests.gateway.test_display_only import filed
from tests.protocol.messages import message_id

Json = dict[str, Any]
DONE = {
    "level": "ACTIONED",
    "outcome": "COMPLETED",
    "officer_role": "Duty officer",
    "acknowledged_at": "2026-03-02T09:30:00Z",
}
POLICY = "two_person: [{kinds: [acknowledgement], modes: [OPERATION]}]\n"


@pytest.fixture(scope="module")
def unagreed(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway of XBB with two messages of XDD, with which it has no agreement."""
    with world.gateway("XBB", tmp_path_factory.mktemp("unagreed").name, nats_url=NO_BROKER) as running:
        mail = [replace(filed(number, Handling.RELEASE), originator="XDD") for number in (1, 2)]
        running.write(lambda tx: inbox.file(tx, mail))
        yield running


def acknowledge(gateway: Gateway, number: int, query: str = "", body: Json = DONE) -> Any:
    return gateway.post(f"/v1/inbox/{message_id(number)}/acknowledgements{query}", body)


def owed(gateway: Gateway) -> list[tuple[str, int]]:
    """Control content and receipts to XDD, and whether they are kept until they are receipted."""

    def look(tx: Any) -> list[tuple[str, int]]:
        waiting = tx.execute("SELECT partner, lasting FROM receipt_due").fetchall()
        left = tx.execute(
            "SELECT d.recipient, d.awaits_receipt FROM delivery d JOIN content c USING (content_id)"
            " WHERE c.content_type = 'receipts.v1'"
        ).fetchall()
        return [*waiting, *left]

    return gateway.write(look)


def test_without_saying_so_it_is_refused_and_nothing_is_told(unagreed: Gateway) -> None:
    assert_problem(acknowledge(unagreed, 1), 422, "NO_AGREEMENT")
    assert_problem(acknowledge(unagreed, 1, "?by_receipt=false"), 422, "NO_AGREEMENT")
    assert owed(unagreed) == []
    assert "acknowledged_at" not in unagreed.get(f"/v1/inbox/{message_id(1)}").json()


def test_what_is_wrong_for_another_reason_is_refused_all_the_same(unagreed: Gateway) -> None:
    later = DONE | {"acknowledged_at": "2099-01-01T00:00:00Z"}
    assert acknowledge(unagreed, 1, "?by_receipt=true", later).status_code == 422
    assert acknowledge(unagreed, 1, "?by_receipt=true", {"level": "ACTIONED"}).status_code == 422
    assert owed(unagreed) == []


def test_by_receipt_the_originator_is_told_how_far_it_has_come_and_nothing_else(unagreed: Gateway) -> None:
    position = unagreed.audit_position()
    answer = acknowledge(unagreed, 2, "?by_receipt=true")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["originator"], told["told"], told["code"]) == ("XDD", "actioned", "NO_AGREEMENT")
    assert owed(unagreed) == [("XDD", 1)]
    (record,) = (each for each in unagreed.audit(position) if each["event"] == "acknowledgement.by-receipt")
    assert (record["partner"], record["state"], record["reason"]) == ("XDD", "actioned", "NO_AGREEMENT")
    assert unagreed.get(f"/v1/inbox/{message_id(2)}").json()["acknowledged_at"] == told["at"]


def test_what_two_persons_release_no_receipt_tells(world: World, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY, encoding="utf-8")
    changes = {"nats_url": NO_BROKER, "release_policy_file": policy}
    with world.gateway("XBB", tmp_path.name, **changes) as careful:
        mail = [replace(filed(1, Handling.RELEASE), originator="XDD")]
        careful.write(lambda tx: inbox.file(tx, mail))
        assert_problem(acknowledge(careful, 1, "?by_receipt=true"), 422, "NO_AGREEMENT")
        assert owed(careful) == []
