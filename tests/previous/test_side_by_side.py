"""A gateway of this version beside partners of the previous one: what they say is taken as they took it."""

import json
from pathlib import Path

from bus.protocol.standings import AgreementState
from bus.protocol.succession import Status
from bus.store import lanes
from schemas.header import Kind
from tests.faults.small_world import SmallGateway
from tests.previous.recorded import RECORDED, RecordedWorld, states, subjects

STATUSES = (*["CURRENT"] * 3, "RECALLED", "UPDATED", "CANCELLED", *["CURRENT"] * 3)


def _nothing_refused(gateway: SmallGateway, *expected: str) -> None:
    counters = gateway.context.counters
    assert counters.rejected == {}
    assert counters.held == 0
    assert not lanes.count_missing(gateway.store.connection)
    assert {name for name, value in vars(counters).items() if name.startswith("alarm_") and value} == {
        *expected
    }


def _tables(gateway: SmallGateway) -> set[tuple[str, ...]]:
    rows = gateway.store.connection.execute("SELECT type, name, tbl_name FROM sqlite_master")
    return {row for row in rows if not row[1].startswith("sqlite_")}


def test_what_the_previous_version_sends_is_taken_as_the_previous_version_took_it(tmp_path: Path) -> None:
    world = RecordedWorld(tmp_path)
    bravo = world.gateway("XBB")
    world.replay(bravo)
    # It knows nothing of what XBB had said in the recording, and XAA refers to that.
    _nothing_refused(bravo, "alarm_receipts_ignored", "alarm_store_set_back")
    assert subjects(bravo) == RECORDED["inboxes"]["XBB"]
    kinds = {json.loads(entry.content)["header"]["kind"] for entry in bravo.inbox() if entry.content}
    assert kinds == {Kind.THREAT_ALERT, Kind.INFORMATION_REQUEST}
    assert [entry.status for entry in bravo.inbox()] == [Status(name) for name in STATUSES]
    another = {each.agreement.id: each for each in bravo.context.trust.book.by_digest.values()}["another"]
    assert another.state(world.now) is AgreementState.SUSPENDED


def test_a_store_of_the_previous_version_goes_on_with_what_its_partner_says(tmp_path: Path) -> None:
    world = RecordedWorld(tmp_path)
    alfa = world.upgraded()
    assert _tables(alfa) == _tables(world.gateway("XBB")), "what a new store has"
    assert states(alfa) == RECORDED["states_before"]
    world.replay(alfa)
    _nothing_refused(alfa)
    assert states(alfa) == RECORDED["states_after"]
    assert subjects(alfa) == RECORDED["inboxes"]["XAA"]


def test_what_this_version_answers_settles_what_the_previous_one_had_sent(tmp_path: Path) -> None:
    world = RecordedWorld(tmp_path)
    bravo = world.gateway("XBB")
    world.replay(bravo)
    alfa = world.upgraded()
    for sent in bravo.relay():
        alfa.receive(sent)
    _nothing_refused(alfa)
    # Nobody at this XBB acknowledged anything; everything else is as it was.
    wanted = RECORDED["states_after"] | {"flash": {"XBB": "delivered"}}
    assert states(alfa) == wanted
