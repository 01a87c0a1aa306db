"""What may be displayed only: people open it, and for every system it is not there."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bus.store import inbox
from bus.store.errors import StoreUnavailable
from bus.store.inbox import NewInboxMessage
from gateways.http.api_keys import Scope
from schemas.header import Kind, Mode, Precedence
from schemas.operator import Role
from schemas.wire import Basis, Handling, Lane
from tests.gateway.drafts import CANARY, changed, draft, soon
from tests.gateway.inbox_stream import events, stream
from tests.gateway.operator_desk import hire, sign_in
from tests.gateway.running import NO_BROKER, Gateway, World, assert_problem
from tests.protocol.messages import encoded, message, message_id
from tests.realm_fixtures import NOW

Json = dict[str, Any]
ACKNOWLEDGEMENT = {"level": "UNDERSTOOD", "outcome": "NOTED", "officer_role": "Duty officer"}


def filed(
    number: int, handling: Handling, subject: str = "Alert", release_set: tuple[str, ...] = ("XCC",)
) -> NewInboxMessage:
    """A message of XAA as filing puts it into the inbox."""
    shown = handling is Handling.DISPLAY_ONLY
    labelled: Json = {"policy": "REALM", "classification": "LIMITED"}
    if shown:
        labelled |= {"display_only_to": ["XBB"], "display_set": ["XBB"]}
    content = encoded(
        message(
            number,
            release_set=release_set if shown else ["XBB", "XCC"],
            header={"subject": subject},
            labelled=labelled,
        )
    )
    return NewInboxMessage(
        originator="XAA",
        message_id=message_id(number),
        digest="sha256:" + f"{number:064x}",
        kind=Kind.THREAT_ALERT,
        mode=Mode.OPERATION,
        exercise_id=None,
        precedence=Precedence.ROUTINE,
        lane=Lane.NORMAL,
        epoch=1,
        serial=number,
        release_set=release_set if shown else ("XBB", "XCC"),
        handling=handling,
        trust_version=1,
        basis=(Basis(id="everything", digest="sha256:" + "1" * 64),),
        sign_kid="ab" * 16,
        issued_at=NOW,
        expires_at=None,
        received_at=NOW,
        late=False,
        expired=False,
        content=content,
    )


ORDINARY = [filed(number, Handling.RELEASE, f"Ordinary {number}") for number in (1, 3, 5, 6, 9)]
FOR_DISPLAY = [filed(number, Handling.DISPLAY_ONLY, CANARY) for number in (2, 4, 7, 8)]
ALONE = filed(10, Handling.DISPLAY_ONLY, CANARY, release_set=())
FOR_DISPLAY.append(ALONE)
TOKEN = "access_token"


@pytest.fixture(scope="module")
def worlds(world: World) -> Iterator[tuple[Gateway, Gateway]]:
    """Two gateways of XBB with the same mail, but that one of them got messages for display besides."""
    with (
        world.gateway("XBB", "with-display", nats_url=NO_BROKER) as one,
        world.gateway("XBB", "without-display", nats_url=NO_BROKER) as other,
    ):
        together = sorted([*ORDINARY, *FOR_DISPLAY], key=lambda new: new.serial)
        one.write(lambda tx: inbox.file(tx, together))
        other.write(lambda tx: inbox.file(tx, ORDINARY))
        yield one, other


def without_position(entry: Json) -> Json:
    """An entry but for its cursor, which counts what was filed: that numbers are left out is documented."""
    return {name: value for name, value in entry.items() if name != "inbox_seq"}


def pages(gateway: Gateway, limit: int, **parameters: Any) -> list[list[Json]]:
    """Every page of an API key's inbox up to the first empty one."""
    found: list[list[Json]] = []
    after = 0
    while True:
        page = gateway.get("/v1/inbox", params={"after": after, "limit": limit, **parameters}).json()
        if not page["items"]:
            assert page["next"] == after, "an empty page leaves the cursor where it was"
            return found
        assert page["next"] == page["items"][-1]["inbox_seq"], "a cursor names nothing that is not shown"
        after = page["next"]
        found.append([without_position(item) for item in page["items"]])


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_an_api_key_lists_the_same_inbox_with_and_without_messages_for_display(
    worlds: tuple[Gateway, Gateway], limit: int
) -> None:
    one, other = worlds
    assert pages(one, limit) == pages(other, limit)
    assert pages(one, limit, kind="threat_alert") == pages(other, limit, kind="threat_alert")
    assert pages(one, limit, mode="OPERATION") == pages(other, limit, mode="OPERATION")
    assert sum(map(len, pages(one, limit))) == len(ORDINARY)


def test_an_api_key_streams_the_same_events_with_and_without_messages_for_display(
    worlds: tuple[Gateway, Gateway],
) -> None:
    seen = []
    for gateway in worlds:
        with stream(gateway, params={"after": 0}) as lines:
            seen.append([without_position(data) for _, data in events(lines, len(ORDINARY))])
    assert seen[0] == seen[1]
    assert [entry["message"]["header"]["subject"] for entry in seen[0]] == [
        f"Ordinary {new.serial}" for new in ORDINARY
    ]


def test_a_message_for_display_wakes_no_stream_of_an_api_key(world: World) -> None:
    with world.gateway("XBB", "display-live", nats_url=NO_BROKER) as gateway:
        with stream(gateway, params={"after": 0}) as lines:
            assert next(lines) == "retry: 1000"
            gateway.write(lambda tx: inbox.file(tx, [FOR_DISPLAY[0]]))
            gateway.runtime.context.inbox.announce(1)
            gateway.write(lambda tx: inbox.file(tx, [ORDINARY[0]]))
            gateway.runtime.context.inbox.announce(2)
            [(number, data)] = events(lines, 1)
    assert (number, data["message_id"]) == (2, ORDINARY[0].message_id)


HIDDEN = FOR_DISPLAY[0]
ABSENT = message_id(99)


def normal(answer: httpx.Response, asked: str) -> tuple[int, str]:
    """An answer but for what names the request."""
    body = answer.json()
    body.pop("instance", None)
    return answer.status_code, json.dumps(body).replace(asked, "ID")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/inbox/{}",
        "/v1/inbox/{}?originator=XAA",
        "/v1/inbox/{}/label.xml",
        "/v1/inbox/{}/label.xml?policy=SWE",
    ],
)
def test_an_api_key_is_answered_as_if_a_message_for_display_were_not_there(
    worlds: tuple[Gateway, Gateway], path: str
) -> None:
    one, _ = worlds
    hidden = one.get(path.format(HIDDEN.message_id))
    assert_problem(hidden, 404, "NOT_FOUND")
    assert normal(hidden, HIDDEN.message_id) == normal(one.get(path.format(ABSENT)), ABSENT)


def reference(relation: str, of: NewInboxMessage = HIDDEN) -> Json:
    return {
        "message_id": of.message_id,
        "originator": of.originator,
        "digest": of.digest,
        "relation": relation,
    }


def test_an_api_key_neither_acknowledges_a_message_for_display_nor_refers_to_it(
    worlds: tuple[Gateway, Gateway],
) -> None:
    one, _ = worlds
    path = f"/v1/inbox/{HIDDEN.message_id}/acknowledgements"
    assert_problem(one.post(path, ACKNOWLEDGEMENT | {"acknowledged_at": soon(seconds=-1)}), 404, "NOT_FOUND")
    for relation in ("replies", "relates"):
        answer = reply(relation, "XAA")
        assert_problem(one.publish(answer), 422, "REFERENCE_UNKNOWN", "/header/references/0")
        preview = one.post("/v1/release-preview", answer).json()
        assert preview["problem"]["code"] == "REFERENCE_UNKNOWN"
        assert "suggested_label" not in preview
        # Nor by how far it may be carried: ALONE was released to nobody.
        wider = one.post("/v1/release-preview", reply(relation, "XCC", of=ALONE)).json()
        assert wider["problem"]["code"] == "REFERENCE_UNKNOWN"
        assert {row["nation"]: row["code"] for row in wider["decisions"]}["XCC"] == "RELEASE_PERMITTED"


def reply(relation: str, *releasable_to: str, of: NewInboxMessage = HIDDEN) -> Json:
    made = draft(action_addressees=list(releasable_to), references=[reference(relation, of)])
    label = {"policy": "REALM", "classification": "LIMITED", "releasable_to": list(releasable_to)}
    return changed(made, "label", to=label)


def test_no_bytes_that_an_api_key_gets_hold_anything_of_a_message_for_display(
    worlds: tuple[Gateway, Gateway],
) -> None:
    one, _ = worlds
    paths = ["/v1/inbox?limit=500", "/v1/rejected", "/v1/held", "/v1/partners", "/v1/messages", "/metrics"]
    seen = [one.get(path).text for path in (*paths, f"/v1/inbox/{HIDDEN.message_id}", "/v1/audit")]
    with stream(one, params={"after": 0}) as lines:
        seen.append(json.dumps(events(lines, len(ORDINARY))))
    for text in seen:
        assert CANARY not in text
    for new in FOR_DISPLAY:
        assert not any(new.message_id in text for text in seen[:-3] + seen[-1:])


# -- people ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tokens(worlds: tuple[Gateway, Gateway]) -> dict[Role, str]:
    """Somebody of each role at the gateway with messages for display."""
    one, _ = worlds
    for role in Role:
        hire(one, role.value.replace("_", "-"), role)
    return {role: sign_in(one, role.value.replace("_", "-"))[TOKEN] for role in Role}


SEEING = (Role.WATCH_OFFICER, Role.RELEASER, Role.SECURITY_OFFICER)


@pytest.mark.parametrize("role", SEEING)
def test_an_operator_who_sees_content_opens_it_and_that_is_recorded_first(
    worlds: tuple[Gateway, Gateway], tokens: dict[Role, str], role: Role
) -> None:
    one, _ = worlds
    position = one.audit_position()
    entry = one.get(f"/v1/inbox/{HIDDEN.message_id}", tokens[role]).json()
    assert entry["handling"] == "DISPLAY_ONLY"
    assert entry["message"]["header"]["subject"] == CANARY
    assert "DISPLAY ONLY XBB" in entry["marking"]
    [record] = [record for record in one.audit(position) if record["event"] == "message.displayed"]
    assert record["actor"] == f"operator:{role.value.replace('_', '-')}"
    assert (record["message_id"], record["digest"], record["partner"]) == (
        HIDDEN.message_id,
        HIDDEN.digest,
        "XAA",
    )
    assert CANARY not in json.dumps(record)


def test_an_auditor_sees_that_it_is_there_and_never_what_it_says(
    worlds: tuple[Gateway, Gateway], tokens: dict[Role, str]
) -> None:
    one, _ = worlds
    position = one.audit_position()
    entry = one.get(f"/v1/inbox/{HIDDEN.message_id}", tokens[Role.AUDITOR])
    assert entry.json()["handling"] == "DISPLAY_ONLY"
    assert CANARY not in entry.text
    assert "message.displayed" not in [record["event"] for record in one.audit(position)]


def test_exercise_staff_does_not_see_what_is_live(
    worlds: tuple[Gateway, Gateway], tokens: dict[Role, str]
) -> None:
    one, _ = worlds
    answer = one.get(f"/v1/inbox/{HIDDEN.message_id}", tokens[Role.EXERCISE_STAFF])
    assert_problem(answer, 404, "NOT_FOUND")


@pytest.mark.parametrize("role", [*SEEING, Role.AUDITOR])
def test_lists_and_streams_show_people_that_it_is_there_without_its_message(
    worlds: tuple[Gateway, Gateway], tokens: dict[Role, str], role: Role
) -> None:
    one, _ = worlds
    position = one.audit_position()
    answer = one.get("/v1/inbox", tokens[role], params={"limit": 500})
    count = len(ORDINARY) + len(FOR_DISPLAY)
    with stream(one, tokens[role], params={"after": 0}) as lines:
        streamed = [data for _, data in events(lines, count)]
    assert answer.json()["items"] == streamed
    for entry in streamed:
        if entry["handling"] == "DISPLAY_ONLY":
            assert "message" not in entry
        else:
            assert ("message" in entry) is (role is not Role.AUDITOR)
    assert CANARY not in answer.text + json.dumps(streamed)
    assert "message.displayed" not in [record["event"] for record in one.audit(position)]


def test_its_label_as_a_document_is_for_people_and_holds_nothing_of_its_message(
    worlds: tuple[Gateway, Gateway], tokens: dict[Role, str]
) -> None:
    one, _ = worlds
    answer = one.get(f"/v1/inbox/{HIDDEN.message_id}/label.xml", tokens[Role.WATCH_OFFICER])
    assert answer.status_code == 200
    assert "DisplayOnlyTo" in answer.text
    assert CANARY not in answer.text


def test_what_cannot_be_recorded_is_not_displayed(
    worlds: tuple[Gateway, Gateway], tokens: dict[Role, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = worlds

    async def full(_: object) -> None:
        raise StoreUnavailable("no space left on device")

    token = tokens[Role.WATCH_OFFICER]
    one.get("/v1/inbox", token)
    monkeypatch.setattr(one.runtime.context.store, "write", full)
    answer = one.get(f"/v1/inbox/{HIDDEN.message_id}", token)
    monkeypatch.undo()
    assert_problem(answer, 503, "STORE_UNAVAILABLE")
    assert CANARY not in answer.text


def test_an_operator_refers_to_it_only_towards_those_who_may_have_it(
    worlds: tuple[Gateway, Gateway], tokens: dict[Role, str]
) -> None:
    one, _ = worlds
    token = tokens[Role.WATCH_OFFICER]
    for relation in ("replies", "relates"):
        assert one.publish(reply(relation, "XAA"), token).status_code == 201
        assert one.publish(reply(relation, "XAA", "XCC"), token).status_code == 201
        # XCC has it released; nobody else but its originator has. ALONE was for XBB only.
        narrow = reply(relation, "XCC", of=ALONE)
        assert_problem(one.publish(narrow, token), 422, "REFERENCE_BEYOND_RELEASE", "/label/releasable_to")


def test_an_operator_acknowledges_it_to_its_originator(
    worlds: tuple[Gateway, Gateway], tokens: dict[Role, str]
) -> None:
    one, _ = worlds
    path = f"/v1/inbox/{HIDDEN.message_id}/acknowledgements"
    body = ACKNOWLEDGEMENT | {"acknowledged_at": soon(seconds=-1)}
    answer = one.post(path, body, tokens[Role.WATCH_OFFICER])
    assert answer.status_code == 201, answer.text
    assert answer.json()["recipients"] == ["XAA"]
    assert answer.json()["warnings"] == []


def test_the_two_copies_of_one_message_across_the_broker(world: World, xaa: Gateway, xbb: Gateway) -> None:
    hire(xbb, "dora", Role.WATCH_OFFICER)
    token = sign_in(xbb, "dora")[TOKEN]
    before = xbb.get("/v1/inbox", token, params={"limit": 500}).json()["next"]
    made = draft(action_addressees=["XBB", "XCC"])
    made["label"] |= {"releasable_to": ["XCC"], "display_only_to": ["XBB"]}
    accepted = xaa.publish(made).json()
    assert {row["nation"]: row["code"] for row in accepted["decisions"] if row["permit"]} == {
        "XBB": "DISPLAY_ONLY_PERMITTED",
        "XCC": "RELEASE_PERMITTED",
    }
    with stream(xbb, token, params={"after": before}) as lines:
        while True:
            [(_, entry)] = events(lines, 1)
            if entry["message_id"] == accepted["message_id"]:
                break
    assert entry["handling"] == "DISPLAY_ONLY"
    assert "message" not in entry
    path = f"/v1/inbox/{accepted['message_id']}"
    assert CANARY in xbb.get(path, token).text
    assert_problem(xbb.get(path), 404, "NOT_FOUND")
    everything = xbb.new_key(tuple(Scope))
    assert_problem(xbb.get(path, everything), 404, "NOT_FOUND")
    with world.gateway("XCC") as xcc:
        [item] = xcc.wait_messages(0, [accepted["message_id"]])
        assert (item["handling"], item["digest"]) == ("RELEASE", accepted["digest"])
