"""What labelled content there is stays in the stores and in the answers that are meant to hold it.

Canaries in titles, texts, keys and headers; every log of every process and every error answer is searched.
"""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import schemas
from schemas.message import parse_draft
from schemas.strict_json import JsonRefused
from tests.faults.load import all_delivered, inbox_of
from tests.faults.processes import GatewayProcess, ProcessWorld
from tests.faults.test_failing_disk_under_load import fill_disk, free_disk
from tests.flows.world import ALERT, draft

TITLE = "KANARIENVOGEL-IM-TITEL"
TEXT = "KANARIENVOGEL-IM-TEXT"
NAME = "FELDNAME-VON-DRAUSSEN"
"""A member's or a community's name: its author may be told that it is unknown; it stands in no log."""
ANY = b"KANARIENVOGEL"
EXAMPLES = Path(schemas.__file__).parent / "examples"


def body() -> dict[str, Any]:
    return {**ALERT, "texts": [{"language": "en", "event": TITLE, "description": TEXT}]}


def refused_drafts() -> dict[str, bytes]:
    """Drafts that are refused, each with canaries where its fault is."""
    good = json.loads(draft(["XBB"], subject=TITLE, body=body()))

    def bent(part: str, **members: Any) -> bytes:
        return json.dumps({**good, part: {**good[part], **members}}).encode()

    return {
        "not JSON": b'{"header": "' + TITLE.encode(),
        "a key twice": b'{"%b": 1, "%b": 2}' % (NAME.encode(), NAME.encode()),
        "an unknown field": bent("body", **{NAME: TEXT}),
        "an unknown field that is long": bent("header", **{NAME * 100: TEXT}),
        "a wrong type": bent("body", texts=TEXT),
        "a wrong time": bent("header", expires_at=TEXT),
        "an unknown nation": bent("label", releasable_to=[NAME]),
        "an unknown classification": bent("label", classification=NAME),
        "an unknown policy": bent("label", policy=NAME),
        "an unknown kind": bent("header", kind=TITLE),
        "an unknown language": bent("header", language=TEXT),
        "an invalid reference": bent("header", references=[{"message_id": TEXT}]),
        "an invalid area": bent("body", areas=[{"geometry": {"type": TEXT, "coordinates": [TITLE]}}]),
        "not UTF-8": TITLE.encode() + b"\xff\xfe",
        "deeply nested": b'{"a":' * 500 + b'"' + TEXT.encode() + b'"' + b"}" * 500,
        "far too long": b'"' + TEXT.encode() * 60_000 + b'"',
    }


async def errors_of(gateway: GatewayProcess) -> list[bytes]:
    """Error answers to requests with canaries in every place."""
    answers = [await gateway.http.post("/v1/messages", raw) for raw in refused_drafts().values()]
    good = draft(["XBB"], subject=TITLE, body=body())
    for headers in (
        {"Idempotency-Key": f"{TITLE} with a blank"},
        {"Content-Type": TITLE},
        {"Authorization": f"Bearer {TEXT}"},
        {"Authorization": f"Bearer ent_{TEXT}"},
        {"X-Api-Key": TITLE},
    ):
        answers.append(await gateway.http.post("/v1/messages", good, headers))
    for path in (
        f"/v1/{TITLE}",
        f"/v1/inbox/{TITLE}",
        f"/v1/messages/{TITLE}",
        f"/v1/inbox?after={TITLE}",
        f"/v1/inbox?kind={TITLE}",
        f"/v1/messages?before={TITLE}",
        f"/v1/audit?event={TITLE}",
        f"/v1/schemas/{TITLE}",
    ):
        answers.append(await gateway.http.get(path))
    answers.append(await gateway.http.request("DELETE", f"/v1/inbox/{TITLE}"))
    answers.append(await gateway.http.post(f"/v1/inbox/{TITLE}/acknowledgements", TEXT.encode()))
    assert all(400 <= answer.status < 500 for answer in answers), [answer.status for answer in answers]
    return [answer.body for answer in answers]


async def test_no_log_and_no_error_answer_holds_any_content(world: ProcessWorld) -> None:
    await world.broker.start()
    alfa = world.gateway("XAA", log_level="DEBUG")
    bravo = world.gateway("XBB", log_level="DEBUG")
    await alfa.start()
    await bravo.start()
    good = draft(["XBB"], subject=TITLE, body=body())
    for _ in range(3):
        assert (await alfa.http.post("/v1/messages", good)).status == 201
    errors = await errors_of(alfa)
    fill_disk(alfa, 0)
    # Room is left in a write-ahead log that was begun anew.
    while (full := await alfa.http.post("/v1/messages", good)).status == 201:
        pass
    free_disk(alfa)
    assert full.status == 503
    await all_delivered(alfa)
    (received, *_) = await inbox_of(bravo)
    assert received["message"]["header"]["subject"] == TITLE, "there was something to leak"
    await alfa.stop()
    await bravo.stop()
    for answer in (*errors, full.body):
        assert ANY not in answer, answer
    no_log_holds_any(alfa.log, bravo.log, world.directory / "broker" / "nats-server.log")
    no_file_holds_any(world.directory / "broker")


def no_log_holds_any(*logs: Path) -> None:
    for log in logs:
        text = log.read_bytes()
        assert text, f"{log.name} is empty"
        assert ANY not in text, log.name
        assert NAME.encode() not in text, log.name


def no_file_holds_any(directory: Path) -> None:
    """What the hub keeps of messages is sealed."""
    for file in directory.rglob("*"):
        assert not file.is_file() or ANY not in file.read_bytes(), file.name


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in inside:
        yield from _places(member, (*path, name))


def _replaced(value: Any, path: tuple[str | int, ...], by: Any) -> Any:
    if not path:
        return by
    made = copy.copy(value)
    made[path[0]] = _replaced(value[path[0]], path[1:], by)
    return made


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_no_refusal_of_a_draft_quotes_what_stood_in_it(example: Path) -> None:
    good = json.loads(example.read_bytes())
    wrong = (TEXT, [TEXT], {"type": TEXT}, {"type": "Polygon", "coordinates": TEXT}, TEXT * 500, f"{TEXT}Z")
    refused = 0
    for path in _places(good):
        for value in wrong:
            try:
                parse_draft(json.dumps(_replaced(good, path, value)).encode())
            except JsonRefused as error:
                refused += 1
                words = [error.explanation, *(text for _, _, text in error.faults)]
                assert not any(TEXT in text for text in words), f"{path}: {words}"
    assert refused > 100
