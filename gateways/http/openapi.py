"""The OpenAPI 3.1 document: what FastAPI derives, with the bodies that we read ourselves, and examples."""

import asyncio
import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

import schemas
from gateways.backfill.listing import BackfillRequest
from gateways.http import openapi_schemas
from gateways.http.heeding import SAME_WHEN_REPEATED
from gateways.http.request_bodies import (
    RequestAccept,
    RequestAssignment,
    RequestCancel,
    RequestClose,
    RequestDecline,
    RequestNote,
    RequestRedirect,
)
from gateways.http.routes.answers import problems
from gateways.http.webhook_views import ReplayRequest, WebhookRequest
from schemas.acknowledgement import Acknowledgement
from schemas.agreement import AgreementDraft
from schemas.header import Kind
from schemas.reasons import ReasonCode

TITLE = "Entente gateway"
VERSION = "1"
DESCRIPTION = """\
Hand drafts in, see what became of them nation by nation, read what partners released to you, acknowledge it.

A 2xx never reads as "delivered": what was accepted is committed here, and only signed receipts of the \
recipients say that it was delivered. Every refusal is a problem (RFC 9457) with a stable code, a JSON \
pointer and what to do; what was refused left nothing behind.

Authenticate with an API key: 'Authorization: Bearer ent_...' or 'X-API-Key: ent_...'; as an operator with a \
session's access token: 'Authorization: Bearer ena_...'."""

_EXAMPLES = Path(schemas.__file__).parent / "examples"
_REQUESTS = (
    *(Acknowledgement, AgreementDraft, BackfillRequest),
    *(
        RequestAccept,
        RequestAssignment,
        RequestCancel,
        RequestClose,
        RequestDecline,
        RequestNote,
        RequestRedirect,
    ),
    *(WebhookRequest, ReplayRequest),
)
_RETRY_AFTER = {
    "Retry-After": {"description": "Seconds to wait before sending again.", "schema": {"type": "integer"}}
}
_REPLAYED = {
    "Idempotent-Replayed": {
        "description": "true: an earlier request with this Idempotency-Key was done; this is its answer.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
_ACCEPTED = {
    "Location": {"description": "Where the publication stands.", "schema": {"type": "string"}}
} | _REPLAYED
_PUBLISHED = {"$ref": "#/components/schemas/Accepted"}
_OPEN = frozenset({"/healthz", "/readyz", "/v1/schemas/{kind}"})


def document(app: FastAPI) -> dict[str, Any]:
    """Build the document once; later calls return the same."""
    if app.openapi_schema is None:
        app.openapi_schema = _build(app)
    return app.openapi_schema


async def document_beside(app: FastAPI) -> dict[str, Any]:
    """The same; the first building, which takes most of a second, does not hold up the event loop."""
    if app.openapi_schema is None:
        return await asyncio.to_thread(document, app)
    return app.openapi_schema


def _build(app: FastAPI) -> dict[str, Any]:
    built = get_openapi(
        title=TITLE, version=VERSION, description=DESCRIPTION, routes=app.routes, openapi_version="3.1.0"
    )
    built["servers"] = [{"url": "/"}]
    components = built.setdefault("components", {})
    components["schemas"] = openapi_schemas.complete(components.get("schemas", {}), _REQUESTS)
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "API key: ent_<key id>_<secret>"},
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "operator": {
            "type": "http",
            "scheme": "bearer",
            "description": "Operator's access token: ena_<secret>",
        },
    }
    examples = _draft_examples()
    for path, item in built["paths"].items():
        for method, operation in item.items():
            either: list[dict[str, list[str]]] = [{"bearer": []}, {"apiKey": []}, {"operator": []}]
            # A route that is not for API keys says so itself.
            operation.setdefault("security", [] if path in _OPEN else either)
            openapi_schemas.plain_parameters(operation)
            _name_headers(operation)
            _name_unheeded(method, operation)
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            if body.get("schema") == openapi_schemas.DRAFT:
                body["examples"] = examples
    return built


def _name_unheeded(method: str, operation: dict[str, Any]) -> None:
    """Every route that does something can be asked to heed an Idempotency-Key, and may not."""
    heeds = any(entry["name"] == "Idempotency-Key" for entry in operation.get("parameters", ()))
    if method != "post" or heeds or operation["operationId"] in SAME_WHEN_REPEATED:
        return
    for status, answer in problems(ReasonCode.IDEMPOTENCY_KEY_NOT_HEEDED).items():
        said = operation["responses"].setdefault(str(status), answer)
        if answer["description"] not in said["description"] and str(status) == "400":
            said["description"] += f"; {answer['description']}"


def _name_headers(operation: dict[str, Any]) -> None:
    """Headers of answers that a client acts on."""
    named = [entry["name"] for entry in operation.get("parameters", ())]
    for status, answer in operation["responses"].items():
        if status in ("429", "503"):
            answer["headers"] = _RETRY_AFTER
        elif status == "201" and "Idempotency-Key" in named:
            schema = answer["content"]["application/json"]["schema"]
            answer["headers"] = _ACCEPTED if schema == _PUBLISHED else _REPLAYED


def _draft_examples() -> dict[str, Any]:
    return {
        kind.value: {"summary": kind.value.replace("_", " "), "value": json.loads(file.read_bytes())}
        for kind in Kind
        if (file := _EXAMPLES / f"{kind.value}.json").exists()
    }
