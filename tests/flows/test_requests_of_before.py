"""Requests that a gateway stored before it followed them are followed once its file is brought forward."""

from pathlib import Path

from bus.store import request_history
from gateways.requests.history import follow_history
from tests.faults.small_world import run
from tests.flows.request_world import ASKER, RequestWorld
from tests.flows.world import acknowledgement

TABLES = ("request_note", "request_act", "request_party", "request")


def forget(world: RequestWorld) -> None:
    """As the migration leaves a file of the version before."""
    for nation in world.world.gateways:
        tx = world.tx(nation)
        for table in TABLES:
            tx.execute(f"DELETE FROM {table}")
        tx.execute("DELETE FROM event")
        tx.execute("INSERT INTO meta (key, value) VALUES ('requests_to_follow', '1')")


def test_what_was_asked_and_answered_before_stands_where_it_stood(tmp_path: Path) -> None:
    world = RequestWorld(tmp_path)
    world.asked(tear_line_to=("XBB", "XCC"))
    world.gateway("XCC").publish(acknowledgement(world.message("XCC"), at=world.world.now))
    for state in ("ACCEPTED", "PARTIALLY_ANSWERED"):
        world.respond("XBB", state)
    world.deliver_all()
    before = world.both("XBB"), world.both("XCC")
    assert before == ("PARTIALLY_ANSWERED", "ACKNOWLEDGED")
    forget(world)
    assert world.party(ASKER, "XBB") is None
    for gateway in world.world.gateways.values():
        for _ in range(2):
            run(follow_history(gateway.context))
        assert not request_history.is_to_follow(gateway.store.connection)
    assert (world.both("XBB"), world.both("XCC")) == before
    assert world.told(ASKER, "XCC") == ["SUBMITTED", "ACKNOWLEDGED"]
    world.respond("XCC", "ANSWERED")
    world.close()
    world.deliver_all()
    assert (world.both("XBB"), world.both("XCC")) == ("CLOSED SATISFIED", "CLOSED SATISFIED")
