"""What recipients signed, over HTTP: who read, who acknowledged, what is overdue; and who may see it."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bus.store import contacts, publications
from bus.store.deadlines import note_passed
from gateways.http.api_keys import Scope
from gateways.receipts.watching import look
from schemas.header import Kind
from schemas.operator import Role
from tests.gateway.drafts import draft
from tests.gateway.operator_desk import as_, hire, sign_in
from tests.gateway.running import NO_BROKER, WAIT, Gateway, World, assert_problem, last_seq

Json = dict[str, Any]
ACTIONED = {
    "level": "ACTIONED",
    "outcome": "COMPLETED",
    "officer_role": "Duty officer",
    "acknowledged_at": "2026-03-02T09:30:00Z",
}


@pytest.fixture(scope="module")
def officers(xbb: Gateway) -> dict[str, str]:
    """Tokens of people at XBB."""
    found = {}
    roles = {"reader": Role.WATCH_OFFICER, "looker": Role.AUDITOR, "cast": Role.EXERCISE_STAFF}
    for name, role in roles.items():
        hire(xbb, f"{name}.receipts", role)
        found[name] = sign_in(xbb, f"{name}.receipts")["access_token"]
    return found


def exchanged(xaa: Gateway, xbb: Gateway, **header: Any) -> tuple[str, str]:
    """A message of XAA in XBB's inbox: its publication id and its message id."""
    after = last_seq(xbb)
    accepted = xaa.publish(draft(**header)).json()
    xbb.wait_messages(after, [accepted["message_id"]])
    return accepted["publication_id"], accepted["message_id"]


def until(gateway: Gateway, publication_id: str, state: str) -> Json:
    """The copy of XBB once it is in this state: each look follows an event of the gateway's feed."""

    async def wait() -> None:
        context = gateway.runtime.context

        def look(tx: Any) -> str:
            detail = publications.get(tx, publication_id)
            assert detail is not None
            return detail.publication.deliveries[0].state

        async with asyncio.timeout(WAIT):
            seen = 0
            while await context.store.read(look) != state:
                seen = await context.events.wait_beyond(seen)

    gateway._loop.call(wait())
    (item,) = gateway.get("/v1/receipts", params={"publication_id": publication_id}).json()["items"]
    return dict(item)


def statuses(item: Json) -> list[str]:
    return [told["status"] for told in item["receipts"]]


def test_a_message_that_an_officer_opens_is_read_and_its_originator_learns_when_not_who(
    xaa: Gateway, xbb: Gateway, officers: dict[str, str]
) -> None:
    publication, message = exchanged(xaa, xbb)
    position = xbb.audit_position()
    for _ in range(2):
        entry = xbb.get(f"/v1/inbox/{message}", headers=as_(officers["reader"])).json()
        assert entry["message"]["header"]["message_id"] == message
    item = until(xaa, publication, "read")
    assert statuses(item) == ["delivered", "read"]
    assert item["receipts"][1]["at"] == entry["read_at"]
    assert item["receipts"][1]["recorded_at"] >= item["receipts"][1]["at"]
    assert "reader" not in str(item)
    read = [each for each in xbb.audit(position) if each["event"] == "message.read"]
    assert [(each["actor"], each["message_id"]) for each in read] == [("operator:reader.receipts", message)]
    assert "reader" not in str(xaa.audit())


def test_nobody_reads_by_looking_at_lists_or_without_seeing_content_and_no_system_is_a_person(
    xaa: Gateway, xbb: Gateway, officers: dict[str, str]
) -> None:
    _, message = exchanged(xaa, xbb)
    xbb.get("/v1/inbox", headers=as_(officers["reader"]))
    xbb.get(f"/v1/inbox/{message}", headers=as_(officers["looker"]))
    xbb.get(f"/v1/inbox/{message}/label.xml", headers=as_(officers["reader"]))
    entry = xbb.get(f"/v1/inbox/{message}").json()
    assert "read_at" not in entry


def test_a_system_reports_that_its_user_read_once(xaa: Gateway, xbb: Gateway) -> None:
    publication, message = exchanged(xaa, xbb)
    reader = xbb.new_key([Scope.INBOX_READ])
    first = xbb.post(f"/v1/inbox/{message}/read", b"", reader).json()
    # There is nothing to send with it.
    again = xbb.client.post(f"/v1/inbox/{message}/read", headers=as_(reader)).json()
    assert first == again
    assert (first["message_id"], first["told"]) == (message, True)
    assert until(xaa, publication, "read")["receipts"][1]["at"] == first["read_at"]


def test_who_may_not_see_a_message_cannot_report_that_it_was_read(
    xaa: Gateway, xbb: Gateway, officers: dict[str, str]
) -> None:
    _, message = exchanged(xaa, xbb)
    path = f"/v1/inbox/{message}/read"
    other_kinds = xbb.new_key([Scope.INBOX_READ], kinds=[Kind.EXERCISE_NOTICE.value])
    assert_problem(xbb.post(path, b"", other_kinds), 404, "NOT_FOUND")
    assert_problem(xbb.post(path, b"", officers["cast"]), 404, "NOT_FOUND")
    assert_problem(xbb.post(path, b"", officers["looker"]), 403, "ROLE_MISSING")
    assert_problem(xbb.post(path, b"", xbb.new_key([Scope.INBOX_ACKNOWLEDGE])), 403, "SCOPE_MISSING")
    unknown = "/v1/inbox/01890000-0000-7000-8000-00000000dead/read"
    assert_problem(xbb.post(unknown, b""), 404, "NOT_FOUND")
    assert "read_at" not in xbb.get(f"/v1/inbox/{message}").json()


def test_an_acknowledgement_with_level_actioned_is_shown_as_such_everywhere(
    xaa: Gateway, xbb: Gateway
) -> None:
    publication, message = exchanged(xaa, xbb, acknowledgement={"required": True})
    assert xbb.post(f"/v1/inbox/{message}/acknowledgements", ACTIONED).status_code == 201
    item = until(xaa, publication, "actioned")
    assert (item["state"], statuses(item)) == ("actioned", ["delivered", "actioned"])
    (delivery,) = xaa.get(f"/v1/messages/{publication}").json()["deliveries"]
    assert {name: delivery[name] for name in ("receipts", "deliver_by", "acknowledge_by", "overdue")} == {
        name: item[name] for name in ("receipts", "deliver_by", "acknowledge_by", "overdue")
    }
    changes = xaa.get("/v1/events", params={"type": "delivery.changed", "limit": 500}).json()["items"]
    mine = [each["state"] for each in changes if each.get("publication_id") == publication]
    assert mine == ["delivered", "actioned"]


@pytest.fixture
def late(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway of XAA whose messages reach nobody."""
    with world.gateway("XAA", tmp_path_factory.mktemp("late").name, nats_url=NO_BROKER) as running:
        yield running


def test_what_is_overdue_is_listed_filtered_and_paged_for_those_who_may_see_it(late: Gateway) -> None:
    operation = draft(action_addressees=["XBB", "XCC"], acknowledgement={"required": True})
    exercise = draft(mode="EXERCISE", exercise_id="STEADY 26")
    real, played = (late.publish(body).json()["publication_id"] for body in (operation, exercise))
    assert late.get("/v1/receipts", params={"overdue": True}).json() == {"items": [], "silent_partners": []}
    late.write(lambda tx: note_passed(tx, datetime.now(UTC) + timedelta(days=1)))

    def listed(**params: Any) -> list[tuple[str, str]]:
        items = late.get("/v1/receipts", params={"overdue": True, **params}).json()["items"]
        return [(item["publication_id"], item["nation"]) for item in items]

    assert listed() == [(played, "XBB"), (real, "XCC"), (real, "XBB")]
    assert listed(nation="XCC") == [(real, "XCC")]
    assert listed(mode="EXERCISE") == [(played, "XBB")]
    assert listed(publication_id=real) == [(real, "XCC"), (real, "XBB")]
    first = late.get("/v1/receipts", params={"overdue": True, "limit": 2}).json()
    assert len(first["items"]) == 2
    rest = late.get("/v1/receipts", params={"overdue": True, "limit": 2, "before": first["next"]}).json()
    assert [item["nation"] for item in rest["items"]] == ["XBB"]
    assert "next" not in rest
    (item,) = late.get("/v1/receipts", params={"publication_id": real, "nation": "XBB"}).json()["items"]
    assert item["overdue"] == ["delivery", "acknowledgement"]
    assert item["overdue_since"] == item["deliver_by"] == item["acknowledge_by"]
    assert (item["state"], item["receipts"]) == ("queued", [])
    assert "silent_since" not in item
    now = datetime.now(UTC)
    late.write(lambda tx: [contacts.missed(tx, nation, now, now) for nation in ("XCC", "XBB")])
    page = late.get("/v1/receipts", params={"overdue": True, "limit": 1}).json()
    assert [partner["nation"] for partner in page["silent_partners"]] == ["XBB", "XCC"]
    assert [item["silent_since"] for item in page["items"]] == [page["silent_partners"][0]["silent_since"]]
    narrowed = late.get("/v1/receipts", params={"nation": "XCC"}).json()["silent_partners"]
    assert [partner["nation"] for partner in narrowed] == ["XCC"]
    late.write(lambda tx: contacts.heard(tx, "XBB", now, now))
    left = late.get("/v1/receipts").json()
    assert [partner["nation"] for partner in left["silent_partners"]] == ["XCC"]
    assert {item["nation"] for item in left["items"] if "silent_since" in item} == {"XCC"}


def test_lists_show_nobody_more_than_their_kinds_and_modes(late: Gateway) -> None:
    hire(late, "cast", Role.EXERCISE_STAFF)
    token = sign_in(late, "cast")["access_token"]
    real = late.publish(draft()).json()["publication_id"]
    shown = late.publish(draft(mode="EXERCISE", exercise_id="STEADY 26")).json()["publication_id"]
    now = datetime.now(UTC)
    late.write(lambda tx: [contacts.missed(tx, nation, now, now) for nation in ("XCC", "XBB")])
    page = late.get("/v1/receipts", headers=as_(token)).json()
    assert [item["publication_id"] for item in page["items"]] == [shown]
    assert "silent" not in str(page), "that would tell of live traffic"
    assert late.get("/v1/receipts", headers=as_(token), params={"publication_id": real}).json()["items"] == []
    other = late.new_key([Scope.MESSAGES_READ], kinds=[Kind.EXERCISE_NOTICE.value])
    assert late.get("/v1/receipts", other).json()["items"] == []


def test_metrics_and_partners_tell_what_is_overdue(late: Gateway) -> None:
    late.publish(draft())
    late.write(lambda tx: note_passed(tx, datetime.now(UTC) + timedelta(days=1)))
    partners = {item["nation"]: item for item in late.get("/v1/partners").json()["items"]}
    assert partners["XBB"]["overdue"] == {"delivery": 1, "acknowledgement": 0}
    assert partners["XCC"]["overdue"] == {"delivery": 0, "acknowledgement": 0}
    assert not {"silent_since", "last_heard_at"} & partners["XBB"].keys()
    late._loop.call(look(late.runtime.context))
    late.runtime.context.counters.count_deadline_missed("delivery")
    text = late.get("/metrics").text
    assert 'entente_alarm_overdue{awaited="delivery",partner="XBB"} 1.0' in text
    assert 'entente_deadlines_missed_total{awaited="delivery"} 1.0' in text
    assert "entente_alarm_partners_silent 0.0" in text


def test_a_nation_may_keep_reading_to_itself(world: World, xaa: Gateway) -> None:
    with world.gateway("XCC", "kept-to-itself", read_receipts=False) as xcc:
        accepted = xaa.publish(draft(action_addressees=["XCC"])).json()
        xcc.wait_messages(0, [accepted["message_id"]])
        told = xcc.post(f"/v1/inbox/{accepted['message_id']}/read", b"").json()
        assert told["told"] is False
        until(xaa, accepted["publication_id"], "delivered")
