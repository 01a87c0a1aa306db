"""What changes no request: words of others, of other messages and modes, floods, what was withheld."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bus.store import requests
from bus.store.requests import MOST_ACTS
from gateways.publishing.carrying import Carried
from gateways.publishing.draft_refused import DraftRefused
from gateways.requests import standing
from gateways.requests.acts_in_messages import ACT_OF_STATE
from gateways.requests.noting import note_closed
from schemas.audit import AuditEvent
from schemas.header import Mode
from schemas.request_acts import CloseOutcome, RequestAct, RequestClosed
from tests.flows.request_world import ASKER, RequestWorld
from tests.realm_fixtures import AgreementPlan, make_realm


@pytest.fixture
def world(tmp_path: Path) -> RequestWorld:
    return RequestWorld(tmp_path)


def forged(world: RequestWorld, nation: str, **changes: Any) -> bytes:
    """A response that a gateway of ours would never send: what it names is changed."""
    made = json.loads(world.response(nation, "DECLINED"))
    made["header"]["references"][0] |= changes.pop("reference", {})
    made["header"] |= changes
    return json.dumps(made).encode()


@pytest.fixture
def lawless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gateways that publish whatever refers to whatever: a hostile partner's own."""
    allowed = {
        "check_references": lambda *_, **__: None,
        "check_own_references": lambda *_, **__: None,
        "check_carried": lambda *_, **__: Carried(),
    }
    for name, module in list(sys.modules.items()):
        if name.startswith("gateways.publishing."):
            for checked, nothing in allowed.items():
                if hasattr(module, checked):
                    monkeypatch.setattr(module, checked, nothing)


@pytest.mark.usefixtures("lawless")
@pytest.mark.parametrize(
    "changes",
    [
        {"reference": {"digest": "sha256:" + "0" * 64}},
        {"mode": "TEST"},
        {"mode": "EXERCISE", "exercise_id": "BALTIC GUARD 26"},
    ],
    ids=["another content under the same id", "a test that answers what is real", "an exercise"],
)
def test_an_act_on_something_else_than_what_was_sent_is_ignored_and_recorded(
    world: RequestWorld, changes: dict[str, Any]
) -> None:
    world.asked("XBB")
    world.gateway("XBB").publish(forged(world, "XBB", **changes))
    world.deliver_all()
    assert world.stands(ASKER, "XBB") == "SUBMITTED"
    (record,) = world.records(ASKER, AuditEvent.REQUEST_ACT_IGNORED)
    assert record.partner == "XBB"


@pytest.mark.usefixtures("lawless")
def test_a_nation_that_was_not_asked_changes_nothing(world: RequestWorld) -> None:
    world.asked("XBB")
    answer = forged(world, "XBB")
    world.gateway("XCC").publish(answer)
    world.deliver_all()
    assert world.stands(ASKER, "XBB") == "SUBMITTED"
    assert world.party(ASKER, "XCC") is None


@pytest.mark.usefixtures("lawless")
def test_a_nation_that_was_to_be_asked_and_never_was_changes_nothing(world: RequestWorld) -> None:
    """XCC shows XBB, whose own copy was withheld, what it got: the same message, id and digest."""
    world.ask()
    world.tx(ASKER).execute("UPDATE delivery SET state = 'withheld' WHERE recipient = 'XBB'")
    world.deliver_all()
    world.gateway("XBB").publish(world.response("XCC", "ANSWERED"))
    world.deliver_all()
    assert world.gateway(ASKER).inbox()[-1].originator == "XBB"
    assert world.stands(ASKER, "XBB") == "SUBMITTED"
    assert len(world.records(ASKER, AuditEvent.REQUEST_ACT_IGNORED)) == 1


def told(world: RequestWorld, partner: str, said: RequestClosed) -> None:
    """XBB reads a partner's closing."""
    context, now = world.gateway("XBB").context, world.world.now
    evidence = context.evidence("test", now)
    note_closed(context, world.tx("XBB"), partner, said, evidence, now)
    evidence.write(world.tx("XBB"))


def test_nobody_closes_anothers_request(world: RequestWorld) -> None:
    """XCC closes a request of its own that has, as far as it says, the id of XAA's."""
    accepted = world.asked()
    said = RequestClosed(
        type="request_closed",
        mode=Mode.OPERATION,
        message_id=accepted.message_id,
        digest=accepted.digest,
        outcome=CloseOutcome.SATISFIED,
        at=world.world.now,
    )
    told(world, "XCC", said)
    assert world.both("XBB") == "SUBMITTED"
    # The asker itself closes what has this id under another digest, or in another mode: that is not this.
    wrong = said.model_copy(update={"digest": "sha256:" + "0" * 64})
    told(world, ASKER, wrong)
    told(world, ASKER, said.model_copy(update={"mode": Mode.TEST}))
    assert world.both("XBB") == "SUBMITTED"
    ignored = world.records("XBB", AuditEvent.REQUEST_ACT_IGNORED)
    assert [(record.digest, record.mode) for record in ignored] == [
        (wrong.digest, Mode.OPERATION),
        (said.digest, Mode.TEST),
    ]
    told(world, ASKER, said)
    assert world.stands("XBB", "XBB") == "CLOSED SATISFIED"
    record = world.records("XBB", AuditEvent.REQUEST_ACT_RECORDED)[-1]
    assert (record.partner, record.kind, record.message_id) == (ASKER, "information_request", said.message_id)


def test_a_flood_of_acts_is_kept_only_so_far(world: RequestWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.asked("XBB")
    for number in range(MOST_ACTS):
        world.respond("XBB", "PARTIALLY_ANSWERED", answer=f"Part {number}.")
    with pytest.raises(DraftRefused):
        world.respond("XBB", "PARTIALLY_ANSWERED")
    # A gateway that does not stop there gets no further at the asker's.
    monkeypatch.setattr(standing, "MOST_ACTS", 10**6)
    world.respond("XBB", "PARTIALLY_ANSWERED")
    world.deliver_all()
    for at in (ASKER, "XBB"):
        party = world.party(at, "XBB")
        assert party is not None
        assert len(requests.acts(world.tx(at), party)) == MOST_ACTS
    assert len(world.records(ASKER, AuditEvent.REQUEST_ACT_IGNORED)) == 1
    world.close()
    world.deliver_all()
    assert world.both("XBB") == "CLOSED SATISFIED"
    assert world.told(ASKER, "XBB") == ["SUBMITTED", "PARTIALLY_ANSWERED", "CLOSED"]


# -- what does not get through ------------------------------------------------------------------------


def test_an_answer_that_is_withheld_says_nothing(tmp_path: Path) -> None:
    pairs = [AgreementPlan(id=f"with-{other.lower()}", parties=(ASKER, other)) for other in ("XBB", "XCC")]
    world = RequestWorld(tmp_path, make_realm(agreements=pairs))
    world.asked("XBB")
    world.respond("XBB", "ACCEPTED")
    world.world.change(world.world.realm.end_agreement("with-xbb", now=world.world.now))
    for gateway in world.world.gateways.values():
        gateway.take_up(world.world.realm)
    world.deliver_all()
    assert world.both("XBB") == "SUBMITTED"
    assert world.told("XBB", "XBB") == ["SUBMITTED", "ACCEPTED", "SUBMITTED"]
    # Closing it needs no agreement.
    world.close("UNSATISFIED")
    world.deliver_all()
    assert world.both("XBB") == "CLOSED UNSATISFIED"


def test_the_table_of_acts_names_no_act_that_a_message_cannot_say() -> None:
    assert {*ACT_OF_STATE.values(), RequestAct.ACKNOWLEDGE} == {
        act for act in RequestAct if act.value not in ("CLOSE", "CANCEL", "REPLACE", "EXPIRE")
    }
