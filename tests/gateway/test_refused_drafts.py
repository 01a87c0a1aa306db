"""Bad drafts over HTTP: each refused with its code and pointer, and recorded; nothing accepted or quoted."""

import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.gateway.drafts import CANARY, changed, draft, encoded, soon
from tests.gateway.running import Gateway, assert_problem


@dataclass(frozen=True)
class Attack:
    """A body and how it must be refused. ``pointer`` None: not looked at."""

    name: str
    body: bytes
    status: int
    code: str
    pointer: str | None = None


def bad(
    name: str,
    *path: str | int,
    to: Any,
    code: str,
    pointer: str | None = None,
    kind: str = "threat_alert",
    status: int = 422,
) -> Attack:
    """A draft that is good but for one value; the pointer is that value's unless told otherwise."""
    where = "/" + "/".join(map(str, path)) if pointer is None else pointer
    return Attack(name, encoded(changed(draft(kind), *path, to=to)), status, code, where)


GOOD = encoded(draft())
DUPLICATE = GOOD.replace(b'"policy": "REALM"', b'"policy": "REALM", "policy": "NATO"', 1)
assert DUPLICATE != GOOD
NESTED = encoded(draft())[:-1] + b', "x": ' + b"[" * 5000 + b"]" * 5000 + b"}"
TWICE_NAMED = encoded(changed(draft(), "header", "info_addressees", to=["XBB"]))
UNCOVERED_RELEASE = encoded(changed(draft(action_addressees=[]), "label", "releasable_to", to=["XBB", "XDD"]))
UNCOVERED = encoded(changed(draft(action_addressees=["XDD"]), "label", "releasable_to", to=["XBB", "XDD"]))
OPEN_RING = [[[20.1, 57.3], [20.9, 57.3], [20.9, 57.7], [20.1, 57.7]]]
FLAT_RING = [[[20.1, 57.3], [20.9, 57.3], [20.5, 57.3], [20.1, 57.3]]]
OFF_EARTH = [[[20.1, 97.3], [20.9, 97.3], [20.9, 57.7], [20.1, 57.7], [20.1, 97.3]]]
GEOMETRY = ("body", "areas", 0, "geometry")
PLACE = "/body/areas/0/geometry"

ATTACKS = [
    Attack("an empty body", b"", 400, "JSON_MALFORMED"),
    Attack("malformed JSON", GOOD[:-1], 400, "JSON_MALFORMED"),
    Attack("two JSON values", GOOD + GOOD, 400, "JSON_MALFORMED"),
    Attack("JSON with a trailing comma", GOOD[:-1] + b",}", 400, "JSON_MALFORMED"),
    Attack("a byte order mark", b"\xef\xbb\xbf" + GOOD, 400, "JSON_MALFORMED"),
    Attack("UTF-16 instead of UTF-8", GOOD.decode().encode("utf-16"), 400, "JSON_MALFORMED"),
    Attack("a lone surrogate", GOOD.replace(CANARY.encode(), b"\\ud800", 1), 400, "JSON_MALFORMED"),
    Attack("NaN for a number", GOOD.replace(b"7400", b"NaN", 1), 400, "JSON_MALFORMED"),
    Attack("a number beyond any double", GOOD.replace(b"7400", b"1e999", 1), 400, "JSON_MALFORMED"),
    Attack("an integer beyond 2**53", GOOD.replace(b"7400", b"9" * 17, 1), 400, "JSON_MALFORMED"),
    Attack("duplicate keys", DUPLICATE, 400, "JSON_DUPLICATE_KEY"),
    Attack("deep nesting", NESTED, 400, "JSON_TOO_DEEP"),
    Attack("a list instead of an object", b"[]", 422, "SCHEMA_INVALID", "/header"),
    Attack("null", b"null", 422, "SCHEMA_INVALID", "/header"),
    bad("an unknown kind", "header", "kind", to="gossip", code="SCHEMA_INVALID"),
    bad("an unknown field in the header", "header", "urgent", to=True, code="SCHEMA_INVALID"),
    bad("an unknown field in the label", "label", "release_all", to=True, code="SCHEMA_INVALID"),
    bad("an unknown field in the body", "body", "extra", to=1, code="SCHEMA_INVALID"),
    bad("a field that only the gateway sets", "header", "originator", to="XBB", code="SCHEMA_INVALID"),
    bad("a release set written by the author", "label", "release_set", to=["XDD"], code="SCHEMA_INVALID"),
    bad("no label at all", "label", to=..., code="SCHEMA_INVALID"),
    bad("no classification", "label", "classification", to=..., code="SCHEMA_INVALID"),
    bad("a number where text is due", "header", "subject", to=7, code="SCHEMA_INVALID"),
    bad("text where a number is due", "body", "areas", 0, "circles", 0, "radius_m", to="7400",
        code="SCHEMA_INVALID"),
    bad("text where a list is due", "label", "releasable_to", to="XBB", code="SCHEMA_INVALID"),
    bad("a subject with a line break", "header", "subject", to="a\nb", code="SCHEMA_INVALID"),
    bad("a subject with a right-to-left override", "header", "subject", to="a\u202eb", code="SCHEMA_INVALID"),
    bad("a naive time", "header", "expires_at", to="2030-01-01T00:00:00", code="TIME_INVALID"),
    bad("a time as a number", "header", "expires_at", to=1900000000, code="TIME_INVALID"),
    bad("a date without a time", "header", "expires_at", to="2030-01-01", code="TIME_INVALID"),
    bad("a month that does not exist", "header", "expires_at", to="2030-13-01T00:00:00Z",
        code="TIME_INVALID"),
    bad("a far-future time", "header", "expires_at", to="2199-01-01T00:00:00Z", code="TIME_INVALID"),
    bad("an expiry that has passed", "header", "expires_at", to=soon(hours=-1), code="DRAFT_EXPIRED"),
    bad("an expiry before it takes effect", "header", "effective_at", to=soon(hours=9), code="TIME_INVALID",
        pointer="/header"),
    bad("an exercise that ends before it starts", "body", "end", to="2029-01-01T00:00:00Z",
        code="TIME_INVALID", pointer="/body", kind="exercise_notice"),
    bad("a ring that is not closed", *GEOMETRY, "coordinates", to=OPEN_RING, code="SCHEMA_INVALID",
        pointer=f"{PLACE}/Polygon/coordinates/0"),
    bad("a ring without area", *GEOMETRY, "coordinates", to=FLAT_RING, code="SCHEMA_INVALID",
        pointer=f"{PLACE}/Polygon/coordinates/0"),
    bad("a place off the Earth", *GEOMETRY, "coordinates", to=OFF_EARTH, code="SCHEMA_INVALID",
        pointer=f"{PLACE}/Polygon/coordinates/0/0/1"),
    bad("a geometry of unknown type", *GEOMETRY, "type", to="Circle", code="SCHEMA_INVALID", pointer=PLACE),
    bad("a nation that does not exist", "body", "affected_nations", to=["QQQ"], code="NATION_UNKNOWN",
        pointer="/body/affected_nations/0"),
    bad("a nation outside the realm", "label", "releasable_to", to=["XBB", "FRA"], code="NATION_UNKNOWN"),
    bad("a nation in small letters", "label", "releasable_to", to=["xbb"], code="SCHEMA_INVALID",
        pointer="/label/releasable_to/0"),
    bad("an unknown community", "label", "releasable_to", to=["ATLANTIC"], code="COMMUNITY_UNKNOWN"),
    bad("a label for its own nation only", "label", "releasable_to", to=[], code="NATIONAL_ONLY"),
    bad("an addressee outside the release set", "label", "releasable_to", to=["XCC"],
        code="ADDRESSEE_NOT_RELEASABLE", pointer="/header/action_addressees"),
    Attack("an addressee that no agreement covers", UNCOVERED, 422, "NO_AGREEMENT",
           "/header/action_addressees"),
    Attack("a release to a nation that no agreement covers", UNCOVERED_RELEASE, 422, "NO_AGREEMENT",
           "/label/releasable_to"),
    bad("an unknown classification", "label", "classification", to="VERY SECRET",
        code="CLASSIFICATION_UNKNOWN", pointer=""),
    bad("a classification above the agreement", "label", to={"policy": "NATO",
        "classification": "COSMIC TOP SECRET", "releasable_to": ["XBB"]}, code="CLASSIFICATION_TOO_HIGH",
        pointer=""),
    bad("a restrictive category that no agreement names", "label", "restrictive", to=["CRYPTO"],
        code="CATEGORY_NOT_COVERED", pointer=""),
    Attack("an addressee both for action and information", TWICE_NAMED, 422, "SCHEMA_INVALID", "/header"),
    bad("an exercise without its id", "header", "mode", to="EXERCISE", code="SCHEMA_INVALID",
        pointer="/header"),
    bad("a live message with an exercise id", "header", "exercise_id", to="COLD FJORD",
        code="SCHEMA_INVALID", pointer="/header"),
    bad("a reference to a message nobody knows", "header", "references", to=[{
        "message_id": "01890000-0000-7000-8000-000000000000", "originator": "XBB", "relation": "replies",
        "digest": "sha256:" + "0" * 64}], code="REFERENCE_UNKNOWN", pointer="/header/references/0"),
    bad("an update of another nation's message", "header", "references", to=[{
        "message_id": "01890000-0000-7000-8000-000000000000", "originator": "XBB", "relation": "updates",
        "digest": "sha256:" + "0" * 64}], code="REFERENCE_NOT_ORIGINATOR",
        pointer="/header/references/0/originator"),
    Attack("a body of 1 MiB", GOOD + b" " * (1024 * 1024), 413, "BODY_TOO_LARGE"),
    Attack("a body one byte over the limit", GOOD + b" " * (256 * 1024 - len(GOOD) + 1), 413,
           "BODY_TOO_LARGE"),
]  # fmt: skip


@pytest.mark.parametrize("attack", [pytest.param(attack, id=attack.name) for attack in ATTACKS])
def test_a_bad_draft_is_refused(xaa: Gateway, attack: Attack) -> None:
    position, before = xaa.audit_position(), xaa.publications()

    problem = assert_problem(xaa.publish(attack.body), attack.status, attack.code)

    if attack.pointer is not None:
        assert _inside(problem["pointer"], attack.pointer), problem
    assert CANARY not in json.dumps(problem)
    assert xaa.publications() == before
    assert xaa.refusals(position) == [("publication.refused", attack.code)]


def _inside(found: str, expected: str) -> bool:
    """The pointer, or one into that value: unions add the member that was tried."""
    return found == expected or (expected != "" and found.startswith(f"{expected}/")) or expected == ""


def test_every_fault_is_listed_with_its_pointer(xaa: Gateway) -> None:
    faulty = changed(changed(draft(), "header", "subject", to=7), "label", "policy", to=...)
    faulty = changed(faulty, "header", "expires_at", to="tomorrow")
    problem = assert_problem(xaa.publish(faulty), 422, "TIME_INVALID", "/header/expires_at")
    assert {(fault["pointer"], fault["code"]) for fault in problem["errors"]} == {
        ("/header/subject", "SCHEMA_INVALID"),
        ("/header/expires_at", "TIME_INVALID"),
        ("/label/policy", "SCHEMA_INVALID"),
    }


@pytest.mark.parametrize(
    ("headers", "code", "status"),
    [
        pytest.param({"Content_Type": "text/plain"}, "MEDIA_TYPE_UNSUPPORTED", 415, id="text/plain"),
        pytest.param({"Content_Type": ""}, "MEDIA_TYPE_UNSUPPORTED", 415, id="no media type"),
        pytest.param(
            {"Content_Encoding": "gzip"}, "MEDIA_TYPE_UNSUPPORTED", 415, id="a compressed body, maybe a bomb"
        ),
        pytest.param({"Idempotency_Key": ""}, "IDEMPOTENCY_KEY_INVALID", 400, id="an empty idempotency key"),
        pytest.param(
            {"Idempotency_Key": "k" * 256}, "IDEMPOTENCY_KEY_INVALID", 400, id="an endless idempotency key"
        ),
        pytest.param(
            {"Idempotency_Key": "a b"}, "IDEMPOTENCY_KEY_INVALID", 400, id="an idempotency key with a space"
        ),
    ],
)
def test_a_bad_head_is_refused(xaa: Gateway, headers: dict[str, str], code: str, status: int) -> None:
    position, before = xaa.audit_position(), xaa.publications()
    assert_problem(xaa.publish(draft(), **headers), status, code)
    assert xaa.publications() == before
    assert xaa.refusals(position) == [("publication.refused", code)]


def test_a_body_without_announced_length_is_counted(xaa: Gateway) -> None:
    def chunks() -> Any:
        for _ in range(40):
            yield b" " * 8192

    position = xaa.audit_position()
    answer = xaa.client.post(
        "/v1/messages", content=chunks(), headers=xaa.auth | {"Content-Type": "application/json"}
    )
    assert_problem(answer, 413, "BODY_TOO_LARGE")
    assert xaa.refusals(position) == [("publication.refused", "BODY_TOO_LARGE")]


def test_a_good_draft_is_accepted_with_the_decision_for_every_nation(xaa: Gateway) -> None:
    answer = xaa.publish(draft(info_addressees=["XCC"]))
    assert answer.status_code == 201
    accepted = answer.json()
    assert answer.headers["location"] == f"/v1/messages/{accepted['publication_id']}"
    assert accepted["recipients"] == ["XBB", "XCC"]
    assert {
        row["nation"]: (row["addressed"], row["permit"], row["code"]) for row in accepted["decisions"]
    } == {
        "XBB": ("action", True, "RELEASE_PERMITTED"),
        "XCC": ("info", True, "RELEASE_PERMITTED"),
        "XDD": ("none", False, "NOT_IN_RELEASE_SET"),
    }
    shown = xaa.get(answer.headers["location"]).json()
    assert shown["message"]["header"]["message_id"] == accepted["message_id"]
    assert {row["nation"] for row in shown["deliveries"]} == {"XBB", "XCC"}


def test_a_draft_is_found_again_by_its_id_in_another_standard(xaa: Gateway) -> None:
    source = "w-nws.example,2.49.0.1.840.0,2026-03-02T09:30:00+00:00"
    path = str(httpx.URL("/v1/messages", params={"source_id": source}))
    first = xaa.post(path, draft())
    assert first.status_code == 201
    xaa.publish(draft())
    [found] = xaa.get("/v1/messages", params={"source_id": source}).json()["items"]
    assert (found["publication_id"], found["source_id"]) == (first.json()["publication_id"], source)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("source_id=", id="an empty source_id"),
        pytest.param("source_id=a%0Ab", id="a source_id with a line break"),
        pytest.param("source_id=a&source_id=b", id="two of them"),
        pytest.param("source_id=" + "a" * 1601, id="an endless source_id"),
        pytest.param("release=all", id="an unknown parameter"),
    ],
)
def test_a_bad_parameter_of_publishing_is_refused(xaa: Gateway, query: str) -> None:
    position, before = xaa.audit_position(), xaa.publications()
    assert_problem(xaa.post(f"/v1/messages?{query}", draft()), 422, "PARAMETER_INVALID")
    assert xaa.publications() == before
    assert xaa.refusals(position) == [("publication.refused", "PARAMETER_INVALID")]
