"""How routes answer and how their answers are documented: JSON, problems, pages, parameters."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import Response
from pydantic import BaseModel

from gateways.http.problem_codes import status_of
from gateways.http.problems import MEDIA_TYPE
from schemas.base import Statement
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode

C = ReasonCode
GUARDED = (C.CREDENTIALS_MISSING, C.CREDENTIALS_INVALID, C.SCOPE_MISSING, C.RATE_LIMITED, C.STORE_UNAVAILABLE)
"""Codes that every route behind an API key can answer with."""
BODY = (
    C.JSON_MALFORMED,
    C.JSON_DUPLICATE_KEY,
    C.JSON_TOO_DEEP,
    C.SCHEMA_INVALID,
    C.BODY_TOO_LARGE,
    C.BODY_TOO_SLOW,
    C.MEDIA_TYPE_UNSUPPORTED,
)
"""Codes that every route with a body can answer with."""

Limit = Annotated[int, Query(ge=1, le=500, description="At most this many items.")]
Before = Annotated[int | None, Query(ge=1, le=2**53, description="Cursor: only items older than this one.")]
After = Annotated[int, Query(ge=0, le=2**53, description="Cursor: only items after this one.")]

Kinds = Annotated[list[Kind] | None, Query(alias="kind", description="Only of these kinds; repeatable.")]
Modes = Annotated[list[Mode] | None, Query(alias="mode", description="Only of these modes; repeatable.")]


def json_response(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer that nobody may keep."""
    return Response(
        body, status, {"Cache-Control": "no-store"} | (headers or {}), media_type="application/json"
    )


def statement_response(statement: Statement, status: int = 200) -> Response:
    """A model as an answer."""
    return json_response(statement.encode(), status)


def problems(*codes: ReasonCode) -> dict[int | str, dict[str, Any]]:
    """Documentation of the problems a route can answer with, by status."""
    by_status: dict[int | str, list[ReasonCode]] = {}
    for code in (*codes, C.PARAMETER_INVALID, C.INTERNAL_FAULT):
        listed = by_status.setdefault(status_of(code).value, [])
        if code not in listed:
            listed.append(code)
    return {
        status: {
            "description": "; ".join(f"{code.value}: {code.explanation}" for code in listed),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, listed in sorted(by_status.items(), key=lambda item: int(item[0]))
    }


def answers(
    status: int, model: type[BaseModel], description: str, codes: Iterable[ReasonCode] = ()
) -> dict[int | str, dict[str, Any]]:
    """Documentation of a route: its model under ``status``, and its problems."""
    return {status: {"model": model, "description": description}, **problems(*GUARDED, *codes)}


def json_body(schema: dict[str, Any], examples: dict[str, Any] | None = None) -> dict[str, Any]:
    """Documentation of a request body that the route reads itself (``openapi_extra``)."""
    content: dict[str, Any] = {"schema": schema}
    if examples:
        content["examples"] = examples
    return {"requestBody": {"required": True, "content": {"application/json": content}}}
