"""The Python client against real gateways: every method, broken connections, restarts, refusals."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from entente.client import Refused, Retries, Unreachable
from entente.client.results import Accepted, InboxEntry
from schemas.message import parse_draft
from tests.free_ports import free_port
from tests.gateway.client_faces import FACES, BlockingFace, new_face
from tests.gateway.cutting_proxy import Cut, CuttingProxy, cutting_proxy
from tests.gateway.drafts import CANARY, changed, draft, encoded
from tests.gateway.running import WAIT, Gateway, World, last_seq

Connect = Callable[..., BlockingFace]
QUICK = Retries(again=8, first=0.01, longest=0.2)


@pytest.fixture(params=FACES)
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Makes clients of one face: ``connect(gateway)``, or with the address of a proxy before it."""
    made: list[BlockingFace] = []

    def connect(gateway: Gateway, url: str | None = None, **options: Any) -> BlockingFace:
        options = {"api_key": gateway.key, "retries": QUICK} | options
        made.append(new_face(request.param, url or gateway.url, **options))
        return made[-1]

    yield connect
    for face in made:
        face.close()


@pytest.fixture
def proxy(world: World, xaa: Gateway) -> Iterator[CuttingProxy]:
    with cutting_proxy(world.loop, xaa) as running:
        yield running


def last_event(gateway: Gateway) -> int:
    """Where the feed of events ends."""
    after = 0
    while (page := gateway.get("/v1/events", params={"after": after, "limit": 500}).json())["next"] > after:
        after = page["next"]
    return after


def test_a_message_goes_its_way_by_the_client_alone(connect: Connect, xaa: Gateway, xbb: Gateway) -> None:
    author, reader = connect(xaa), connect(xbb)
    after, happened = last_seq(xbb), last_event(xbb)
    preview = author.do(lambda client: client.preview(draft()))
    assert preview.would_be_accepted
    assert preview.recipients == ("XBB",)
    accepted: Accepted = author.do(lambda client: client.publish(draft(), source_id="us,1"))
    assert not accepted.replayed
    [entry] = reader.take(lambda client: client.follow_inbox(after), 1)
    assert entry.message_id == accepted.message_id
    assert entry.message["header"]["kind"] == "threat_alert"
    assert reader.do(lambda client: client.inbox(after)).items == (entry,)
    narrowed = {"originator": "XAA", "expires_after": datetime.now(UTC), "limit": 1}
    assert reader.do(lambda client: client.inbox(before=entry.inbox_seq + 1, **narrowed)).items == (entry,)
    assert reader.do(lambda client: client.inbox(after, originator="XCC")).items == ()
    assert reader.do(lambda client: client.message(entry.message_id, originator="XAA")) == entry
    [event] = reader.take(lambda client: client.follow_events(happened, types=["message.received"]), 1)
    assert (event.message_id, event.nation) == (entry.message_id, "XAA")
    page = reader.do(lambda client: client.events(event.event_seq - 1, types=["message.received"], limit=1))
    assert page.items == (event,)
    answer = {"level": "UNDERSTOOD", "outcome": "WILL_COMPLY", "officer_role": "Duty officer"}
    back = last_seq(xaa)
    reply: Accepted = reader.do(lambda client: client.acknowledge(entry.message_id, **answer))
    assert reply.recipients == ("XAA",)
    [heard] = author.take(lambda client: client.follow_inbox(back, kind="acknowledgement"), 1)
    assert heard.message_id == reply.message_id
    shown = author.do(lambda client: client.publication(accepted.publication_id))
    assert shown.state_of("XBB") == "acknowledged"
    assert shown.state_of("XCC") is None
    page = author.do(lambda client: client.publications(limit=1, source_id="us,1"))
    assert [found.publication_id for found in page.items] == [accepted.publication_id]
    page = author.do(lambda client: client.receipts(publication_id=accepted.publication_id, nation="XBB"))
    assert [copy.state for copy in page.items] == ["acknowledged"]
    assert (
        author.do(lambda client: client.receipts(overdue=True, publication_id=accepted.publication_id)).items
        == ()
    )
    partners = author.do(lambda client: client.partners())
    assert [partner.nation for partner in partners.items] == ["XBB", "XCC", "XDD"]
    assert author.do(lambda client: client.get("/v1/rejected", limit=1))["items"] == []
    assert author.do(lambda client: client.post("/v1/release-preview", draft()))["would_be_accepted"]


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: draft(), id="an object"),
        pytest.param(lambda: encoded(draft()), id="bytes"),
        pytest.param(lambda: encoded(draft()).decode(), id="text"),
        pytest.param(lambda: parse_draft(encoded(draft())), id="a model of schemas"),
    ],
)
def test_a_draft_may_be_given_as(made: Callable[[], Any], xaa: Gateway, connect: Connect) -> None:
    assert connect(xaa).do(lambda client: client.preview(made())).would_be_accepted


@pytest.mark.parametrize(
    ("cut", "replayed"),
    [
        pytest.param(Cut(sent=0), False, id="before the gateway has anything of it"),
        pytest.param(Cut(sent=1000), False, id="before the gateway has all of it"),
        pytest.param(Cut(answered=0), True, id="when the gateway has committed it"),
        pytest.param(Cut(answered=400), True, id="in the middle of the answer"),
    ],
)
def test_a_publish_whose_connection_is_cut_happens_once(
    connect: Connect, xaa: Gateway, proxy: CuttingProxy, cut: Cut, replayed: bool
) -> None:
    before = xaa.publications()
    proxy.cuts = [cut, cut]
    accepted: Accepted = connect(xaa, proxy.url).do(lambda client: client.publish(draft()))
    assert accepted.replayed is replayed
    assert xaa.publications() == before + 1
    assert proxy.connections == 3


def test_what_must_not_be_repeated_is_not(connect: Connect, xaa: Gateway, proxy: CuttingProxy) -> None:
    before = xaa.publications()
    proxy.cuts = [Cut(answered=0)]
    with pytest.raises(Unreachable, match="may have been carried out") as caught:
        connect(xaa, proxy.url).do(lambda client: client.post("/v1/messages", draft()))
    assert caught.value.maybe_done
    assert proxy.connections == 1
    assert xaa.publications() == before + 1


def test_a_gateway_that_is_not_there_is_given_up_on(connect: Connect, xaa: Gateway) -> None:
    nowhere = connect(xaa, f"http://127.0.0.1:{free_port()}", retries=Retries(again=2, first=0.01))
    for request in (
        lambda client: client.publish(draft()),
        lambda client: client.post("/v1/messages", draft()),
    ):
        with pytest.raises(Unreachable, match="3 tries") as caught:
            nowhere.do(request)
        assert not caught.value.maybe_done
    with pytest.raises(Unreachable, match="3 tries"):
        nowhere.take(lambda client: client.follow_inbox(), 1)


def test_a_stream_that_is_cut_anywhere_has_neither_gap_nor_duplicate(
    world: World, connect: Connect, xaa: Gateway, xbb: Gateway
) -> None:
    after, total = last_seq(xbb), 12
    sent = [xaa.publish(draft()).json()["message_id"] for _ in range(total)]
    xbb.wait_messages(after, sent)
    with cutting_proxy(world.loop, xbb) as proxy:
        proxy.cuts = [Cut(answered=place) for place in (0, 300, 2500, 4000, 7000, 7001, 9000, 300, 20_000)]
        entries: list[InboxEntry] = connect(xbb, proxy.url).take(
            lambda client: client.follow_inbox(after), total
        )
        assert not proxy.cuts
    assert [entry.message_id for entry in entries] == sent
    numbers = [entry.inbox_seq for entry in entries]
    assert numbers == sorted(set(numbers))


def test_what_comes_while_a_stream_of_what_comes_is_cut_is_not_missed(
    world: World, connect: Connect, xaa: Gateway, xbb: Gateway
) -> None:
    after = last_seq(xbb)
    sent: list[str] = []

    def publish_while_it_is_cut() -> None:
        assert cutting.shut.wait(WAIT)
        sent.append(xaa.publish(draft()).json()["message_id"])
        xbb.wait_inbox(after, 1)
        cutting.shut.clear()

    with cutting_proxy(world.loop, xbb) as cutting:
        cutting.cuts = [Cut(answered_with=b": connected\n\n", shut=True)]
        publisher = threading.Thread(target=publish_while_it_is_cut)
        publisher.start()
        [entry] = connect(xbb, cutting.url).take(lambda client: client.follow_inbox(), 1)
        publisher.join()
    assert [entry.message_id] == sent


def test_a_stream_goes_on_after_the_gateway_was_started_anew(
    world: World, connect: Connect, xaa: Gateway, xbb: Gateway
) -> None:
    port = free_port()
    sent: list[str] = []

    def publish() -> None:
        to_xcc = draft(action_addressees=["XCC"])
        sent.extend(xaa.publish(to_xcc).json()["message_id"] for _ in range(3))

    with world.gateway("XCC", port=port) as xcc:
        # What other tests sent it while it was not there lies before these, in both lanes.
        markers = [
            sender.publish(draft(action_addressees=["XCC"], precedence=precedence)).json()["message_id"]
            for sender in (xaa, xbb)
            for precedence in ("ROUTINE", "IMMEDIATE")
        ]
        xcc.wait_messages(0, markers)
        after = last_seq(xcc)
        face = connect(xcc, retries=Retries(first=0.01, longest=0.2))
        publish()
        reading = face.taking(lambda client: client.follow_inbox(after), 9)
        reading.wait_for(3)
    publish()
    with world.gateway("XCC", port=port) as xcc:
        reading.wait_for(6)
        publish()
        entries = reading.all()
    assert [entry.message_id for entry in entries] == sent


@pytest.mark.parametrize(
    ("wrong", "status", "code", "pointer"),
    [
        pytest.param(
            changed(draft(), "label", "releasable_to", to=["XCC"]),
            *(422, "ADDRESSEE_NOT_RELEASABLE", "/header/action_addressees"),
            id="by what it says",
        ),
        pytest.param(b"{", 400, "JSON_MALFORMED", "", id="by its form"),
    ],
)
def test_a_refused_draft_tells_what_to_do(
    connect: Connect, xaa: Gateway, wrong: Any, status: int, code: str, pointer: str
) -> None:
    with pytest.raises(Refused, match=code) as caught:
        connect(xaa).do(lambda client: client.publish(wrong))
    refused = caught.value
    assert (refused.status, refused.code, refused.pointer) == (status, code, pointer)
    assert refused.what_to_do
    assert refused.what_to_do in str(refused)
    assert CANARY not in str(refused)


def test_a_key_that_is_not_good_ends_a_stream_and_stands_nowhere(connect: Connect, xaa: Gateway) -> None:
    key = xaa.new_key()[:-4] + "0000"
    face = connect(xaa, api_key=key)
    for act in (
        lambda: face.do(lambda client: client.inbox()),
        lambda: face.take(lambda client: client.follow_inbox(), 1),
    ):
        with pytest.raises(Refused) as caught:
            act()
        assert caught.value.code == "CREDENTIALS_INVALID"
        assert key not in repr(caught.value) + str(caught.value)
    assert key not in repr(face.client) + str(vars(face.client))


def test_a_key_with_too_many_requests_is_waited_for(connect: Connect, xaa: Gateway) -> None:
    once_a_second = xaa.new_key(rate_per_second=1.0, burst=1)
    patient = connect(xaa, api_key=once_a_second, retries=Retries(first=0.01, longest=5))
    for _ in range(2):
        patient.do(lambda client: client.partners())
    hasty = connect(xaa, api_key=xaa.new_key(rate_per_second=0.01, burst=1))
    hasty.do(lambda client: client.partners())
    with pytest.raises(Refused) as caught:
        hasty.do(lambda client: client.partners())
    assert caught.value.code == "RATE_LIMITED"
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > QUICK.longest
