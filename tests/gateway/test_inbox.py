"""What arrives at a partner: inbox, stream, acknowledgement, and the states its originator sees."""

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bus.store import api_keys
from bus.store.columns import micros
from gateways.http import signed_label as signed_labels
from gateways.http.api_keys import Scope
from gateways.http.inbox_views import inbox_entry
from gateways.http.routes import inbox as inbox_routes
from gateways.http.routes.stream import event_of
from schemas.header import Kind
from tests.gateway.drafts import CANARY, draft, soon
from tests.gateway.inbox_stream import events, stream
from tests.gateway.running import WAIT, Gateway, assert_problem, last_seq
from tests.realm_fixtures import NOW

Json = dict[str, Any]


def answer(level: str = "UNDERSTOOD", outcome: str = "WILL_COMPLY", **more: Any) -> Json:
    """An acknowledgement's body."""
    given = {"level": level, "outcome": outcome, "officer_role": "Duty officer"}
    return given | {"acknowledged_at": soon(seconds=-1)} | more


def test_a_message_arrives_once_with_its_exact_content(xaa: Gateway, xbb: Gateway) -> None:
    after = last_seq(xbb)
    accepted = xaa.publish(draft()).json()
    # The gateways serve other tests too, whose last messages may still be on their way.
    [item] = xbb.wait_messages(after, [accepted["message_id"]])
    assert item["originator"] == "XAA"
    assert item["digest"] == accepted["digest"]
    assert item["message"]["header"]["subject"] == f"{CANARY} threat_alert"
    assert xbb.get(f"/v1/inbox/{item['message_id']}").json() == item
    assert xbb.get(f"/v1/inbox/{item['message_id']}", params={"originator": "XAA"}).json() == item
    assert_problem(xbb.get(f"/v1/inbox/{item['message_id']}", params={"originator": "XCC"}), 404, "NOT_FOUND")
    [signature] = xaa.get(f"/v1/messages/{accepted['publication_id']}").json()["signatures"]
    keys = {key["kid"]: key["suite"] for key in xbb.get("/v1/partners/XAA").json()["keys"]}
    assert signature == {"kid": item["sign_kid"], "suite": keys[item["sign_kid"]]}


def test_the_inbox_is_paged_and_filtered(xaa: Gateway, xbb: Gateway) -> None:
    after = last_seq(xbb)
    for kind in ("threat_alert", "information_request", "threat_alert"):
        assert xaa.publish(draft(kind)).status_code == 201
    items = xbb.wait_inbox(after, 3)
    page = xbb.get("/v1/inbox", params={"after": after, "limit": 2}).json()
    assert [item["inbox_seq"] for item in page["items"]] == [item["inbox_seq"] for item in items[:2]]
    rest = xbb.get("/v1/inbox", params={"after": page["next"], "limit": 2}).json()
    assert [item["inbox_seq"] for item in rest["items"]] == [items[2]["inbox_seq"]]
    assert xbb.get("/v1/inbox", params={"after": rest["next"]}).json() == {"items": [], "next": rest["next"]}
    only = xbb.get("/v1/inbox", params={"after": after, "kind": "information_request"}).json()["items"]
    assert {item["kind"] for item in only} == {"information_request"}
    kinds = ["information_request", "threat_alert"]
    both = xbb.get("/v1/inbox", params={"after": after, "kind": kinds, "mode": ["OPERATION", "TEST"]})
    assert both.json()["items"] == items
    assert xbb.get("/v1/inbox", params={"after": after, "mode": ["EXERCISE", "TEST"]}).json()["items"] == []
    restricted = xbb.get("/v1/inbox", xbb.new_key(kinds=[Kind.INFORMATION_REQUEST]), params={"after": after})
    assert {item["kind"] for item in restricted.json()["items"]} == {"information_request"}


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        pytest.param({"after": "-1"}, "/query/after", id="a cursor below zero"),
        pytest.param({"after": "x"}, "/query/after", id="a cursor that is no number"),
        pytest.param({"after": "9" * 30}, "/query/after", id="a cursor beyond any store"),
        pytest.param({"limit": "0"}, "/query/limit", id="a limit of nothing"),
        pytest.param({"limit": "100000"}, "/query/limit", id="a limit of everything"),
        pytest.param({"kind": "gossip"}, "/query/kind/0", id="an unknown kind"),
    ],
)
def test_a_bad_parameter_is_refused(xbb: Gateway, parameters: dict[str, str], pointer: str) -> None:
    problem = assert_problem(xbb.get("/v1/inbox", params=parameters), 422, "PARAMETER_INVALID", pointer)
    assert problem["errors"][0]["code"] == "PARAMETER_INVALID"


def test_an_acknowledgement_goes_to_the_originator_alone(xaa: Gateway, xbb: Gateway) -> None:
    there, here = last_seq(xbb), last_seq(xaa)
    accepted = xaa.publish(draft(info_addressees=["XCC"])).json()
    [item] = xbb.wait_inbox(there, 1)
    key = xbb.new_key([Scope.INBOX_ACKNOWLEDGE], kinds=[Kind.THREAT_ALERT])
    reply = xbb.post(f"/v1/inbox/{item['message_id']}/acknowledgements", answer(), key)
    assert reply.status_code == 201, reply.text
    assert reply.json()["recipients"] == ["XAA"]

    [arrived] = xaa.wait_inbox(here, 1)
    label, header = arrived["message"]["label"], arrived["message"]["header"]
    assert arrived["message"]["body"]["outcome"] == "WILL_COMPLY"
    assert (label["policy"], label["classification"]) == ("REALM", "LIMITED")
    assert label["release_set"] == ["XAA"]
    assert header["precedence"] == "IMMEDIATE"
    assert [(ref["message_id"], ref["relation"]) for ref in header["references"]] == [
        (accepted["message_id"], "acknowledges")
    ]
    assert "acknowledged_at" in xbb.get(f"/v1/inbox/{item['message_id']}").json()
    shown = xaa.get(f"/v1/messages/{accepted['publication_id']}").json()
    assert {row["nation"]: row["state"] for row in shown["deliveries"]}["XBB"] == "acknowledged"


def test_an_acknowledgement_in_an_exercise_stays_in_it(xaa: Gateway, xbb: Gateway) -> None:
    there = last_seq(xbb)
    assert xaa.publish(draft(mode="EXERCISE", exercise_id="COLD FJORD 30")).status_code == 201
    [item] = xbb.wait_inbox(there, 1)
    reply = xbb.post(f"/v1/inbox/{item['message_id']}/acknowledgements", answer())
    sent = xbb.get(reply.headers["location"]).json()
    assert (sent["mode"], sent["exercise_id"]) == ("EXERCISE", "COLD FJORD 30")


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        pytest.param({}, "SCHEMA_INVALID", None, id="nothing in it"),
        pytest.param(answer(outcome="MAYBE"), "SCHEMA_INVALID", "/outcome", id="an unknown outcome"),
        pytest.param(answer(outcome="REJECTED"), "SCHEMA_INVALID", "", id="a rejection without remarks"),
        pytest.param(answer(extra=1), "SCHEMA_INVALID", "/extra", id="an unknown field"),
        pytest.param(
            answer(acknowledged_at=soon(hours=2)),
            "TIME_INVALID",
            "/acknowledged_at",
            id="acknowledged in the future",
        ),
    ],
)
def test_a_bad_acknowledgement_is_refused(
    xaa: Gateway, xbb: Gateway, body: Json, code: str, pointer: str | None
) -> None:
    there = last_seq(xbb)
    assert xaa.publish(draft()).status_code == 201
    [item] = xbb.wait_inbox(there, 1)
    position, before = xbb.audit_position(), xbb.publications()
    path = f"/v1/inbox/{item['message_id']}/acknowledgements"
    assert_problem(xbb.post(path, body), 422, code, pointer)
    assert xbb.publications() == before
    assert xbb.refusals(position) == [("publication.refused", code)]


def test_what_is_not_in_the_inbox_cannot_be_acknowledged(xbb: Gateway) -> None:
    path = "/v1/inbox/01890000-0000-7000-8000-000000000000/acknowledgements"
    assert_problem(xbb.post(path, answer()), 404, "NOT_FOUND")


def test_a_repeated_acknowledgement_is_sent_once(xaa: Gateway, xbb: Gateway) -> None:
    there = last_seq(xbb)
    xaa.publish(draft())
    [item] = xbb.wait_inbox(there, 1)
    path, body = f"/v1/inbox/{item['message_id']}/acknowledgements", answer()
    first = xbb.post(path, body, Idempotency_Key="ack-1" + item["message_id"])
    again = xbb.post(path, body, Idempotency_Key="ack-1" + item["message_id"])
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"


def test_the_stream_carries_what_is_filed(xaa: Gateway, xbb: Gateway) -> None:
    with stream(xbb) as lines:
        assert next(lines) == "retry: 1000"
        accepted = xaa.publish(draft()).json()
        [(number, entry)] = events(lines, 1)
    assert entry["message_id"] == accepted["message_id"]
    assert entry["inbox_seq"] == number
    assert entry == xbb.get(f"/v1/inbox/{entry['message_id']}").json()


def test_the_stream_resumes_without_gap_or_duplicate(xaa: Gateway, xbb: Gateway) -> None:
    """Publishing goes on in the background while the stream is cut and resumed again and again."""
    begin, total = last_seq(xbb), 40
    sent: list[str] = []

    def publish() -> None:
        with httpx.Client(base_url=xaa.url, trust_env=False, timeout=WAIT) as client:
            for _ in range(total):
                sent.append(client.post("/v1/messages", json=draft(), headers=xaa.auth).json()["message_id"])

    publisher = threading.Thread(target=publish)
    publisher.start()
    received: list[str] = []
    position, takes = begin, (1, 2, 3, 5, 7, 11, total)
    for take in takes:
        wanted = min(take, total - len(received))
        if not wanted:
            break
        with stream(xbb, headers={"Last-Event-ID": str(position)}) as lines:
            for number, entry in events(lines, wanted):
                assert number > position
                position = number
                received.append(entry["message_id"])
    publisher.join(WAIT)
    assert received == sent


def test_the_last_event_id_wins_over_after(xaa: Gateway, xbb: Gateway) -> None:
    """A browser's EventSource repeats its first address, after= and all, when it reconnects."""
    begin = last_seq(xbb)
    for _ in range(3):
        assert xaa.publish(draft()).status_code == 201
    seqs = [item["inbox_seq"] for item in xbb.wait_inbox(begin, 3)]
    for after in (begin, seqs[1]):
        with stream(xbb, params={"after": after}, headers={"Last-Event-ID": str(seqs[0])}) as lines:
            assert [number for number, _ in events(lines, 2)] == seqs[1:]


def test_a_stream_of_one_kind_carries_only_that(xaa: Gateway, xbb: Gateway) -> None:
    after = last_seq(xbb)
    key = xbb.new_key(kinds=[Kind.INFORMATION_REQUEST])
    for kind in ("threat_alert", "information_request"):
        xaa.publish(draft(kind))
    xbb.wait_inbox(after, 2)
    with stream(xbb, params={"after": after, "kind": "information_request"}) as lines:
        assert events(lines, 1)[0][1]["kind"] == "information_request"
    with stream(xbb, key, params={"after": after}) as lines:
        assert events(lines, 1)[0][1]["kind"] == "information_request"


def test_a_stream_carries_what_is_of_one_of_the_kinds_and_modes_asked_for(xaa: Gateway, xbb: Gateway) -> None:
    after = last_seq(xbb)
    played = {"mode": "EXERCISE", "exercise_id": "COLD FJORD 30"}
    for made in (draft("information_request"), draft(), draft(**played), draft("exercise_notice", **played)):
        assert xaa.publish(made).status_code == 201
    xbb.wait_inbox(after, 4)
    wanted = {"after": after, "kind": ["threat_alert", "exercise_notice"], "mode": ["EXERCISE", "TEST"]}
    with stream(xbb, params=wanted) as lines:
        found = [data["kind"] for _, data in events(lines, 2)]
    assert sorted(found) == ["exercise_notice", "threat_alert"]


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_a_stream_ends_before_the_next_message_when_its_key_is_no_longer_good(
    xaa: Gateway, xbb: Gateway, how: str
) -> None:
    key = xbb.new_key()
    key_id = key.split("_")[1]
    after = last_seq(xbb)
    with stream(xbb, key, params={"after": after}) as lines:
        assert [next(lines) for _ in range(4)] == ["retry: 1000", f"id: {after}", ": connected", ""]
        sent = xaa.publish(draft()).json()["message_id"]
        while events(lines, 1)[0][1]["message_id"] != sent:
            pass  # an earlier test's message may still be on its way
        if how == "revoked":
            xbb.write(lambda tx: api_keys.revoke(tx, key_id, datetime.now(UTC)))
        else:
            past = datetime.now(UTC) - timedelta(seconds=1)
            xbb.write(lambda tx: tx.execute("UPDATE api_key SET expires_at = ? WHERE key_id = ?",
                                            (micros(past), key_id)))  # fmt: skip
        xaa.publish(draft())
        assert [line for line in lines if line.startswith("data")] == []
    assert_problem(xbb.get("/v1/inbox", key), 401, "CREDENTIALS_INVALID")


def test_a_stream_of_what_comes_says_where_it_begins(xaa: Gateway, xbb: Gateway) -> None:
    after = last_seq(xbb)
    with stream(xbb) as lines:
        assert f"id: {after}" in [next(lines) for _ in range(3)]
    # Lost before anything came; what comes meanwhile is not missed.
    xaa.publish(draft())
    xbb.wait_inbox(after, 1)
    with stream(xbb, headers={"Last-Event-ID": str(after)}) as lines:
        assert events(lines, 1)[0][0] == after + 1


def test_a_wrong_last_event_id_is_refused(xbb: Gateway) -> None:
    for wrong in ("-1", "x", "1 2", "9" * 40):
        assert_problem(
            xbb.get("/v1/inbox/stream", headers={"Last-Event-ID": wrong}), 422, "PARAMETER_INVALID"
        )


def test_content_with_line_breaks_stays_one_event(xaa: Gateway, xbb: Gateway) -> None:
    """A partner may sign JSON with white space in it; its bytes are passed on as they are."""
    from dataclasses import replace

    from bus.store import inbox

    after = last_seq(xbb)
    xaa.publish(draft())
    xbb.wait_inbox(after, 1)
    stored = xbb.write(lambda tx: inbox.list_after(tx, after)[0])
    spaced = json.dumps(json.loads(stored.content), indent=1).replace("\n", "\r\n").encode()
    lines = iter(event_of(replace(stored, content=spaced), NOW, with_content=True).decode().splitlines())
    [(number, entry)] = events(lines, 1)
    assert number == stored.inbox_seq
    assert entry == json.loads(inbox_entry(stored, NOW, with_content=True))


def test_a_page_reads_each_message_once_and_ends_before_it_is_too_large(
    xaa: Gateway, xbb: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = last_seq(xbb)
    sent = [xaa.publish(draft()).json()["message_id"] for _ in range(3)]
    xbb.wait_messages(after, sent)
    size = max(len(json.dumps(item["message"])) for item in xbb.wait_inbox(after, 3))
    monkeypatch.setattr(inbox_routes, "PAGE_OCTETS", 2 * size)
    read: list[bytes] = []

    def counted(content: bytes) -> Any:
        read.append(content)
        return json.loads(content)

    monkeypatch.setattr(signed_labels, "from_json", counted)
    found: list[str] = []
    while (page := xbb.get("/v1/inbox", params={"after": after, "limit": 500}).json())["items"]:
        assert len(page["items"]) <= 2
        found += [item["message_id"] for item in page["items"]]
        after = page["next"]
    assert [message_id for message_id in found if message_id in sent] == sent
    assert len(read) == len(found)


def test_the_inbox_is_read_from_its_newest_end_too(xaa: Gateway, xbb: Gateway) -> None:
    there = last_seq(xbb)
    for _ in range(3):
        assert xaa.publish(draft()).status_code == 201
    sequences = [item["inbox_seq"] for item in xbb.wait_inbox(there, 3)]
    first = xbb.get("/v1/inbox", params={"before": 2**53, "limit": 2}).json()
    assert [item["inbox_seq"] for item in first["items"]] == sequences[:0:-1]
    second = xbb.get("/v1/inbox", params={"before": first["next"], "limit": 1}).json()
    assert [item["inbox_seq"] for item in second["items"]] == sequences[:1]
    end = xbb.get("/v1/inbox", params={"before": 1}).json()
    assert end == {"items": [], "next": 1}


def test_the_inbox_is_narrowed_to_what_expires_later(xaa: Gateway, xbb: Gateway) -> None:
    there = last_seq(xbb)
    made = [xaa.publish(draft(expires_at=at)).json()["message_id"] for at in (soon(hours=1), soon(hours=3))]
    made.append(xaa.publish(draft()).json()["message_id"])
    xbb.wait_inbox(there, 3)
    page = xbb.get("/v1/inbox", params={"after": there, "expires_after": soon(hours=2)}).json()
    assert {item["message_id"] for item in page["items"]} == set(made[1:])


def test_the_inbox_is_narrowed_to_one_originator(xaa: Gateway, xbb: Gateway) -> None:
    there = last_seq(xbb)
    made = [xaa.publish(draft(expires_at=at)).json()["message_id"] for at in (soon(hours=1), soon(hours=3))]
    first, second = (item["inbox_seq"] for item in xbb.wait_messages(there, made))

    def read(originator: str, **narrowed: Any) -> list[int]:
        page = xbb.get("/v1/inbox", params={"originator": originator, **narrowed}).json()
        return [item["inbox_seq"] for item in page["items"]]

    assert read("XAA", after=there) == [first, second]
    assert read("XAA", after=there, limit=1) == [first]
    assert read("XAA", before=2**53, limit=1) == [second]
    assert read("XAA", after=there, expires_after=soon(hours=2), kind="threat_alert") == [second]
    assert read("XCC", after=there) == read("XCC", before=2**53) == read("XZZ") == []


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"originator": "xaa"}, "/query/originator"),
        ({"originator": "QQQ"}, "/query/originator"),
        ({"originator": ["XAA", "XBB"]}, "/query/originator"),
        ({"before": 0}, "/query/before"),
        ({"before": 5, "after": 3}, "/query/before"),
        ({"expires_after": "2030-02-11"}, "/query/expires_after"),
        ({"expires_after": "2030-02-11T00:00:00"}, "/query/expires_after"),
    ],
    ids=[
        *("a nation in small letters", "no nation", "two nations"),
        *("before the beginning", "both ways at once", "a day", "a time without offset"),
    ],
)
def test_a_bad_end_of_the_inbox_is_refused(xbb: Gateway, parameters: Json, pointer: str) -> None:
    assert_problem(xbb.get("/v1/inbox", params=parameters), 422, "PARAMETER_INVALID", pointer)
