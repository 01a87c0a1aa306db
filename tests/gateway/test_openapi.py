"""The API's own description: valid OpenAPI 3.1, complete, with true examples; readable offline."""

import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.openapi.models import OpenAPI
from jsonschema import Draft202012Validator

from gateways.http import openapi
from schemas.header import Kind
from schemas.message import parse_draft
from tests.gateway.drafts import draft
from tests.gateway.running import Gateway, assert_problem

Json = dict[str, Any]


@pytest.fixture(scope="module")
def document(xaa: Gateway) -> Json:
    made: Json = xaa.client.get("/openapi.json").json()
    return made


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def values(value: Any) -> Iterator[Any]:
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from values(inner)


def test_the_document_is_openapi_3_1(document: Json) -> None:
    assert document["openapi"].startswith("3.1.")
    OpenAPI.model_validate(document)
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_the_first_building_does_not_hold_up_the_event_loop(
    xaa: Gateway, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    builders = []

    def build(app: FastAPI) -> Json:
        builders.append(threading.current_thread())
        return built(app)

    built = openapi._build
    monkeypatch.setattr(openapi, "_build", build)
    monkeypatch.setattr(xaa.app, "openapi_schema", None)
    assert [xaa.client.get(path).status_code for _ in "12"] == [200, 200]
    (builder,) = builders
    assert builder is not xaa._loop.call(running_thread())


async def running_thread() -> threading.Thread:
    return threading.current_thread()


def test_operations_and_schemas_have_names_that_a_generated_client_can_bear(document: Json) -> None:
    for name, operation in operations(document):
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", operation["operationId"]), name
    for name in document["components"]["schemas"]:
        assert re.fullmatch(r"[A-Z][A-Za-z]+", name)
    schemas = document["components"]["schemas"]
    assert not {"Event", "Awaited", "Disabled", "Gets", "Standing"} & schemas.keys(), "they say too little"
    event = schemas["FeedEvent"]["properties"]
    assert all(event[member]["description"] for member in ("nation", "state", "reason"))


def test_every_member_of_every_schema_has_a_type(document: Json) -> None:
    typed = {"type", "$ref", "anyOf", "allOf", "oneOf", "const", "enum"}
    for name, schema in document["components"]["schemas"].items():
        for member, entry in schema.get("properties", {}).items():
            assert entry.keys() & typed, f"{name}.{member}"


def test_answers_leave_out_what_is_not_there_instead_of_saying_null(document: Json) -> None:
    schemas = document["components"]["schemas"]
    waiting = ["InboxPage", "PublicationDetailView", "Accepted", "Problem", "ReleaseTable", "PartnerList"]
    # What is exact bytes was written by others: it may hold a null.
    seen = {"Message"}
    while waiting:
        if (name := waiting.pop()) not in seen:
            seen.add(name)
            assert {"type": "null"} not in list(values(schemas[name])), name
            waiting += [reference.rsplit("/", 1)[1] for reference in references(schemas[name])]


def test_no_parameter_is_null(document: Json) -> None:
    for name, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            assert {"type": "null"} not in list(values(parameter)), (name, parameter["name"])


def test_a_draft_is_of_the_kind_that_its_header_names(document: Json) -> None:
    schema = {"$ref": "#/components/schemas/Draft", "components": document["components"]}
    validator = Draft202012Validator(schema)
    validator.validate(draft())
    assert not validator.is_valid(draft(kind="threat_alert") | {"body": draft("exercise_notice")["body"]})


def test_every_reference_leads_somewhere(document: Json) -> None:
    for reference in set(references(document)):
        assert reference.startswith("#/components/schemas/")
        assert reference.rsplit("/", 1)[1] in document["components"]["schemas"], reference


def test_every_schema_is_json_schema_2020_12(document: Json) -> None:
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_documented_answer_is_a_problem_or_has_a_schema(document: Json) -> None:
    for name, operation in operations(document):
        assert operation["summary"], name
        for status, answer in operation["responses"].items():
            assert answer["content"], (name, status)
            assert all(content["schema"] for content in answer["content"].values()), (name, status)
            if int(status) >= 400 and not (name == "GET /readyz" and status == "503"):
                problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
                assert answer["content"] == {"application/problem+json": problem}, (name, status)
        assert "500" in operation["responses"], name


def test_every_path_parameter_of_a_path_is_documented(document: Json) -> None:
    for name, operation in operations(document):
        given = {entry["name"] for entry in operation.get("parameters", ()) if entry["in"] == "path"}
        assert given == set(re.findall(r"{(\w+)}", name))
        for entry in operation.get("parameters", ()):
            assert entry.get("description"), (name, entry["name"])


def test_every_kind_has_an_example_draft_that_is_one(document: Json) -> None:
    examples = document["paths"]["/v1/messages"]["post"]["requestBody"]["content"]["application/json"][
        "examples"
    ]
    assert set(examples) == set(Kind)
    for example in examples.values():
        parse_draft(json.dumps(example["value"]).encode())


def test_answers_follow_their_schemas(xaa: Gateway, xbb: Gateway, document: Json) -> None:
    def check(answer: Json, name: str) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(schema).validate(answer)

    accepted = xaa.publish(draft())
    check(accepted.json(), "Accepted")
    check(xaa.get(accepted.headers["location"]).json(), "PublicationDetailView")
    check(xaa.get("/v1/messages").json(), "PublicationPage")
    xbb.wait_inbox(0, 1)
    check(xbb.get("/v1/inbox").json(), "InboxPage")
    check(xaa.get("/v1/audit").json(), "AuditPage")
    check(xaa.get("/v1/rejected").json(), "RejectedPage")
    check(xaa.get("/v1/held").json(), "HeldPage")
    check(xaa.get("/v1/partners").json(), "PartnerList")
    check(xbb.get("/v1/lanes").json(), "LaneList")
    assert xbb.get("/v1/lanes").json()["items"]
    check(xaa.get("/v1/trust").json(), "TrustView")
    check(xaa.post("/v1/release-preview", draft()).json(), "ReleaseTable")
    check(xaa.client.get("/healthz").json(), "Health")
    check(xaa.client.get("/readyz").json(), "Readiness")
    check(xaa.publish(b"{").json(), "Problem")


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("form", ["draft", "message"])
def test_the_schema_of_every_kind_is_served(xaa: Gateway, kind: str, form: str) -> None:
    answer = xaa.client.get(f"/v1/schemas/{kind}", params={"form": form})
    assert answer.headers["content-type"] == "application/schema+json"
    Draft202012Validator.check_schema(answer.json())
    assert kind.replace("_", "-") in answer.json()["$id"]


def test_an_unknown_kind_has_no_schema(xaa: Gateway) -> None:
    assert_problem(xaa.client.get("/v1/schemas/gossip"), 422, "PARAMETER_INVALID", "/path/kind")


def test_the_reference_page_needs_nothing_from_elsewhere(xaa: Gateway, document: Json) -> None:
    page = xaa.client.get("/docs")
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script" not in page.text
    assert not re.findall(r'(?:src|href)="(?!#|/openapi\.json")', page.text)
    for name, _ in operations(document):
        assert f"<code>{name.split(' ')[1]}</code>" in page.text
