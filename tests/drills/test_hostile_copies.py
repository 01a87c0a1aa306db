"""What hostile acts do with octets and addresses, without a realm."""

import pytest
from pydantic import ValidationError

from bus.protocol.seal_header import HEADER_LENGTH, SealHeader
from bus.protocol.suites import SEAL_SUITES
from drills.hostile import flipped
from drills.hostile_acts import COPIED, Hostile, HostileAct
from drills.hostile_asking import Asked, read_routes
from schemas.header import Mode
from schemas.wire import Lane

HEADER = SealHeader(
    min(SEAL_SUITES), Mode.EXERCISE, Lane.URGENT, bytes(32), "XAA", "XBB", b"k" * 16, b"i" * 16
)
SEALED = HEADER.encode() + bytes(100)


def differing(act: HostileAct) -> list[int]:
    """Where the bundle differs afterwards."""
    found = flipped(SEALED, act)
    assert len(found) == len(SEALED)
    return [place for place, octet in enumerate(SEALED) if octet != found[place]]


def test_a_replay_is_the_very_bundle() -> None:
    assert differing(HostileAct.REPLAY) == []


def test_a_tampered_header_is_still_one_and_names_the_same_lane() -> None:
    (place,) = differing(HostileAct.TAMPER_HEADER)
    assert place < HEADER_LENGTH
    header = SealHeader.decode(flipped(SEALED, HostileAct.TAMPER_HEADER)[:HEADER_LENGTH])
    assert (header.subject, header.bundle_id == HEADER.bundle_id) == (HEADER.subject, False)


def test_a_tampered_ciphertext_leaves_the_header_alone() -> None:
    (place,) = differing(HostileAct.TAMPER_CIPHERTEXT)
    assert place >= HEADER_LENGTH


@pytest.mark.parametrize("act", [*sorted(COPIED), HostileAct.LEAK])
def test_what_is_done_with_a_message_says_with_which(act: HostileAct) -> None:
    with pytest.raises(ValidationError, match="copying and leaking inject"):
        Hostile.model_validate({"act": act, "victim": "XAA", "target": "XBB"})


def test_a_copy_comes_on_the_lane_of_whose_it_was_and_a_flood_on_the_own() -> None:
    copy = Hostile.model_validate(
        {"act": HostileAct.REPLAY, "victim": "XAA", "target": "XBB", "inject": "1.1"}
    )
    flood = Hostile.model_validate({"act": HostileAct.FLOOD, "victim": "XBB", "target": "XBB"})
    assert (copy.lane_of("XCC"), flood.lane_of("XCC")) == ("XAA", "XCC")


def test_routes_are_asked_that_are_read_with_credentials_and_only_they() -> None:
    pattern = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
    get = {
        "security": [{"bearer": []}],
        "parameters": [
            {"name": "publication_id", "in": "path", "schema": {"type": "string"}},
            {"name": "hook", "in": "path", "schema": pattern},
            {"name": "limit", "in": "query", "schema": {"type": "integer"}},
        ],
    }
    document = {
        "paths": {
            "/v1/a/{publication_id}/{hook}": {"get": get, "post": {"security": [{}]}},
            "/v1/b": {"post": {"security": [{}]}},
            "/readyz": {"get": {}},
        }
    }
    (route,) = read_routes(document)
    start, end = route.filled({"publication_id": "p"}).rsplit("/", 1)
    assert start == "/v1/a/p"
    assert len(bytes.fromhex(end)) == 16


@pytest.mark.parametrize(
    ("real", "made_up", "tells"),
    [
        ((404, "NOT_FOUND"), (404, "NOT_FOUND"), False),
        ((401, "CREDENTIALS_INVALID"), (401, "CREDENTIALS_INVALID"), False),
        ((403, "SCOPE_MISSING"), (404, "NOT_FOUND"), True),
        ((200, ""), (404, "NOT_FOUND"), True),
        ((200, ""), (200, ""), True),
        ((409, "RECALLED"), (409, "RECALLED"), True),
    ],
)
def test_an_answer_tells_that_there_is_something(
    real: tuple[int, str], made_up: tuple[int, str], tells: bool
) -> None:
    assert Asked("/v1/messages/{publication_id}", real, made_up).tells is tells
