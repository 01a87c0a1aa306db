"""The Python client after publishing, against real gateways: recall, cancel, read, requests, webhooks."""

from datetime import UTC, datetime, timedelta
from functools import partial
from operator import methodcaller
from typing import Any

import pytest

from entente.client import Refused
from entente.client.results import Accepted, InformationRequest, ToldByReceipt
from schemas.event import EventType
from tests.gateway.drafts import draft, soon
from tests.gateway.feed_waiting import wait_event
from tests.gateway.running import Gateway, last_seq
from tests.gateway.test_python_client import Connect
from tests.gateway.test_python_client import connect as connect
from tests.gateway.test_receipt_alone import unagreed as unagreed
from tests.protocol.messages import message_id

ANSWER = {"level": "UNDERSTOOD", "outcome": "WILL_COMPLY", "officer_role": "Duty officer"}


def sent(xaa: Gateway, xbb: Gateway, made: Any) -> dict[str, Any]:
    """What XAA published, once XBB has it."""
    after = last_seq(xbb)
    answer = xaa.publish(made)
    assert answer.status_code == 201, answer.text
    accepted: dict[str, Any] = answer.json()
    xbb.wait_messages(after, [accepted["message_id"]])
    return accepted


def question() -> dict[str, Any]:
    made = draft("information_request")
    made["body"] |= {"ltiov": soon(hours=5), "answer_requested_by": soon(hours=3), "release_needed_to": []}
    return made


def test_a_message_is_read_and_recalled(connect: Connect, xaa: Gateway, xbb: Gateway) -> None:
    author, reader = connect(xaa), connect(xbb)
    accepted = sent(xaa, xbb, draft())
    place, name = accepted["publication_id"], accepted["message_id"]
    report = reader.do(lambda client: client.read(name, originator="XAA"))
    assert (report.message_id, report.told) == (name, True)
    with pytest.raises(Refused, match="NOT_FOUND"):
        author.do(lambda client: client.recall_status(place))
    asked = author.do(lambda client: client.recall(place, reason="RELEASED_IN_ERROR"))
    assert (asked.reason, asked.publications) == ("RELEASED_IN_ERROR", (place,))
    assert "cannot un-send" in asked.notice
    wait_event(xaa, EventType.RECALL_CONFIRMED, name)
    (nation,) = author.do(lambda client: client.recall_status(place)).nations
    assert (nation.nation, nation.outcome, nation.already_read) == ("XBB", "WITHDRAWN", True)
    again = author.do(lambda client: client.recall(place))
    assert again.recalled_at == asked.recalled_at


def test_what_is_cancelled_is_no_longer_among_what_is_current(
    connect: Connect, xaa: Gateway, xbb: Gateway
) -> None:
    author, reader, before = connect(xaa), connect(xbb), last_seq(xbb)
    accepted = sent(xaa, xbb, draft())
    cancelled = author.do(lambda client: client.cancel(accepted["publication_id"], reason="OVERTAKEN"))
    ids = [each.publication_id for each in author.do(lambda client: client.publications(limit=5)).items]
    page = author.do(lambda client: client.publications(limit=5, current=True))
    assert accepted["publication_id"] in ids
    assert accepted["publication_id"] not in [each.publication_id for each in page.items]
    assert (cancelled.reason, [held.nation for held in cancelled.nations]) == ("OVERTAKEN", ["XBB"])
    wait_event(xbb, EventType.MESSAGE_CANCELLED, accepted["message_id"])
    (entry,) = reader.do(lambda client: client.inbox(before)).items
    assert entry.status == "CANCELLED"
    assert reader.do(lambda client: client.inbox(before, current=True)).items == ()


def test_a_partners_request_is_accepted_declined_and_redirected(
    connect: Connect, xaa: Gateway, xbb: Gateway
) -> None:
    asked = connect(xbb)
    until = datetime.now(UTC) + timedelta(hours=2)
    acts: dict[str, Any] = {
        "ACCEPTED": lambda client, name: client.accept_request(name, further_answer_by=until),
        "DECLINED": lambda client, name: client.decline_request(name, decline_code="NO_CAPACITY"),
        "REDIRECTED": lambda client, name: client.redirect_request(name, redirect_to="XCC", originator="XAA"),
    }
    for state, act in acts.items():
        name = sent(xaa, xbb, question())["message_id"]
        accepted: Accepted = asked.do(partial(act, name=name))
        assert accepted.recipients == ("XAA",)
        shown: InformationRequest = asked.do(methodcaller("request", name, originator="XAA"))
        assert (shown.role, shown.state) == ("asked", state)
        page = asked.do(methodcaller("requests", role="asked", states=[state], limit=1))
        assert [found.message_id for found in page.items] == [name]


def test_a_request_of_ours_is_closed_or_taken_back(connect: Connect, xaa: Gateway) -> None:
    asking = connect(xaa)
    one, other = (xaa.publish(question()).json()["message_id"] for _ in range(2))
    closed = asking.do(lambda client: client.close_request(one, outcome="SATISFIED"))
    assert (closed.state, closed.parties[0].outcome) == ("CLOSED", "SATISFIED")
    cancelled = asking.do(lambda client: client.cancel_request(other, reason="OVERTAKEN"))
    assert cancelled.state == "CANCELLED"
    due = datetime.now(UTC) + timedelta(days=1)
    page = asking.do(lambda client: client.requests(role="asking", due_before=due, limit=2))
    assert {found.message_id for found in page.items} == {one, other}
    with pytest.raises(Refused, match="REQUEST_TRANSITION_ILLEGAL"):
        asking.do(lambda client: client.accept_request(one))


def test_webhooks_are_kept_and_other_addresses_reached(connect: Connect, xaa: Gateway, xbb: Gateway) -> None:
    face = connect(xbb, api_key=xbb.new_key())
    made = face.do(lambda client: client.add_webhook("https://nobody.invalid/", types=["lane.alarm"]))
    assert made.secret.startswith("whsec_")
    assert made.secret not in repr(made)
    assert [hook.webhook_id for hook in face.do(lambda client: client.webhooks()).items] == [made.webhook_id]
    assert face.do(lambda client: client.delete_webhook(made.webhook_id)).webhook_id == made.webhook_id
    again = face.do(lambda client: client.add_webhook("https://nobody.invalid/"))
    gone = face.do(lambda client: client.delete(f"/v1/webhooks/{again.webhook_id}"))
    assert gone["webhook_id"] == again.webhook_id
    assert face.do(lambda client: client.webhooks()).items == ()
    asked = sent(xaa, xbb, question())["message_id"]
    due = soon(hours=1)
    shown = face.do(lambda client: client.put(f"/v1/requests/{asked}/assignment", {"due_at": due}))
    assert shown["due_at"] == due
    label = face.do(lambda client: client.get(f"/v1/inbox/{asked}/label.xml"))
    assert "originatorConfidentialityLabel" in label


def test_an_acknowledgement_that_an_agreement_carries_is_a_message_all_the_same(
    connect: Connect, xaa: Gateway, xbb: Gateway
) -> None:
    accepted = sent(xaa, xbb, draft())
    reply = connect(xbb).do(
        lambda client: client.acknowledge(accepted["message_id"], by_receipt=True, **ANSWER)
    )
    assert isinstance(reply, Accepted)
    page = connect(xaa).do(lambda client: client.receipts(mode="TEST", nation="XBB"))
    assert accepted["publication_id"] not in [copy.publication_id for copy in page.items]
    page = connect(xaa).do(lambda client: client.receipts(mode="OPERATION", nation="XBB"))
    assert accepted["publication_id"] in [copy.publication_id for copy in page.items]


def test_one_that_no_agreement_carries_is_told_by_receipt_alone(connect: Connect, unagreed: Gateway) -> None:
    face, number = connect(unagreed), message_id(1)
    with pytest.raises(Refused, match="NO_AGREEMENT"):
        face.do(lambda client: client.acknowledge(number, **ANSWER))
    told = face.do(lambda client: client.acknowledge(number, by_receipt=True, **ANSWER))
    assert isinstance(told, ToldByReceipt)
    assert (told.originator, told.told, told.code) == ("XDD", "acknowledged", "NO_AGREEMENT")
