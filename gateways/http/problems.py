"""Problem details (RFC 9457) for everything the API refuses, framework faults included.

A problem names codes, pointers and rules. It never quotes what was sent, nor shows where our code failed.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import Field
from starlette.exceptions import HTTPException

from bus.protocol.release import AGREEMENT_CODES
from bus.protocol.traffic_query import SearchNotUnderstood
from bus.store.errors import StoreUnavailable
from gateways.http.problem_codes import status_of, what_to_do
from gateways.publishing.draft_refused import CurrentMessage, DraftRefused
from schemas.base import Digest, Statement, Uuid, Uuid7
from schemas.reasons import ReasonCode
from schemas.request_acts import RequestAct
from schemas.strict_json import JsonRefused, json_pointer

MEDIA_TYPE = "application/problem+json"
MAX_FAULTS = 50
MAX_POINTER = 300

_FAULT_CODES = {
    "time_not_rfc3339": ReasonCode.TIME_INVALID,
    "time_order": ReasonCode.TIME_INVALID,
    "nation_unknown": ReasonCode.NATION_UNKNOWN,
    "duplicate-key": ReasonCode.JSON_DUPLICATE_KEY,
    "too-deep": ReasonCode.JSON_TOO_DEEP,
    "too-large": ReasonCode.BODY_TOO_LARGE,
    "syntax": ReasonCode.JSON_MALFORMED,
    "not-utf8": ReasonCode.JSON_MALFORMED,
    "number": ReasonCode.JSON_MALFORMED,
}
_FRAMEWORK_CODES = {
    400: ReasonCode.HTTP_MALFORMED,
    404: ReasonCode.NOT_FOUND,
    405: ReasonCode.METHOD_NOT_ALLOWED,
    413: ReasonCode.BODY_TOO_LARGE,
    415: ReasonCode.MEDIA_TYPE_UNSUPPORTED,
    422: ReasonCode.PARAMETER_INVALID,
}

Pointer = Annotated[str, Field(max_length=MAX_POINTER)]


class Fault(Statement):
    """One of several faults in one request."""

    code: ReasonCode
    pointer: Pointer = Field(description="JSON pointer (RFC 6901) into the body; empty is all of it.")
    detail: str


class CurrentView(Statement):
    """The message of this nation that is current."""

    publication_id: Uuid
    message_id: Uuid7
    digest: Digest


class SearchFaultView(Statement):
    """A term of a search that is not understood."""

    at: int = Field(description="Where it begins: characters from the beginning of the search.")
    length: int
    understood: tuple[str, ...] = Field(description="What would be understood there, or examples of it.")


class Problem(Statement):
    """Problem details (RFC 9457): why a request was refused. Nothing of it was accepted."""

    type: str = Field(description="urn:entente:problem:<code>")
    title: str = Field(description="What the code means, always the same text.")
    status: int
    detail: str = Field(description="What it is in this case.")
    code: ReasonCode
    pointer: Pointer | None = Field(None, description="JSON pointer to the first fault.")
    errors: tuple[Fault, ...] = Field((), description="Every fault, where there are several.")
    what_to_do: str
    current: CurrentView | None = Field(
        None, description="With CHANGE_NOT_CURRENT: what is current, to be changed instead."
    )
    legal: tuple[RequestAct, ...] | None = Field(
        None, description="With REQUEST_TRANSITION_ILLEGAL: what this nation may do of the request now."
    )
    search: SearchFaultView | None = Field(
        None, description="With SEARCH_NOT_UNDERSTOOD: which term, and what is understood there."
    )
    instance: str | None = Field(None, description="Names this occurrence in the gateway's log.")


class ApiRefused(Exception):
    """A request is refused with this code; becomes a problem response. No text of it quotes the request."""

    def __init__(
        self,
        code: ReasonCode,
        detail: str = "",
        *,
        pointer: str | None = None,
        faults: tuple[Fault, ...] = (),
        headers: Mapping[str, str] | None = None,
        instance: str | None = None,
        status: HTTPStatus | None = None,
        current: CurrentMessage | None = None,
        legal: tuple[RequestAct, ...] | None = None,
        search: SearchNotUnderstood | None = None,
        advice: str | None = None,
    ) -> None:
        super().__init__(code.value)
        self.status = status or status_of(code)
        self.code = code
        self.detail = detail or code.explanation
        self.pointer = pointer
        self.faults = faults
        self.headers = dict(headers or {})
        self.instance = instance
        self.current = current
        self.legal = legal
        self.search = search
        self.advice = advice or what_to_do(code)

    @property
    def problem(self) -> Problem:
        """The problem as a model."""
        return Problem(
            type=f"urn:entente:problem:{self.code.value}",
            title=self.code.explanation,
            status=self.status.value,
            detail=self.detail,
            code=self.code,
            pointer=None if self.pointer is None else self.pointer[:MAX_POINTER],
            errors=self.faults[:MAX_FAULTS],
            what_to_do=self.advice,
            current=None if self.current is None else CurrentView(**self.current._asdict()),
            legal=self.legal,
            search=None
            if self.search is None
            else SearchFaultView(
                at=self.search.at, length=self.search.length, understood=self.search.understood
            ),
            instance=self.instance,
        )

    @property
    def body(self) -> bytes:
        """The problem as JSON."""
        return self.problem.encode()

    def response(self) -> Response:
        """The problem as a response."""
        headers = {"Cache-Control": "no-store"} | self.headers
        if self.code in (ReasonCode.CREDENTIALS_MISSING, ReasonCode.CREDENTIALS_INVALID):
            headers["WWW-Authenticate"] = 'Bearer realm="entente"'
        return Response(self.body, self.status.value, headers, media_type=MEDIA_TYPE)


def refused_draft(refused: DraftRefused) -> ApiRefused:
    """What a refused draft looks like to its author."""
    faults = tuple(
        Fault(code=_fault_code(kind, refused.code), pointer=pointer[:MAX_POINTER], detail=detail)
        for pointer, kind, detail in refused.faults[:MAX_FAULTS]
    )
    headers = {"Retry-After": "5"} if refused.code is ReasonCode.QUEUE_FULL else {}
    return ApiRefused(
        refused.code,
        refused.explanation,
        pointer=refused.pointer,
        faults=faults,
        headers=headers,
        # Of a draft every denial is a fault of the draft; of an act the same code is a conflict.
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refused.code in AGREEMENT_CODES else None,
        current=refused.current,
        legal=refused.legal,
        advice=refused.what_to_do,
    )


def refused_json(refused: JsonRefused) -> ApiRefused:
    """What an unacceptable body that is no draft looks like to its author."""
    found = refused_draft(DraftRefused.from_json(refused))
    found.advice = what_to_do(found.code)
    return found


def _fault_code(kind: str, otherwise: ReasonCode) -> ReasonCode:
    if kind in _FAULT_CODES:
        return _FAULT_CODES[kind]
    if kind in ReasonCode.__members__:
        return ReasonCode[kind]
    # Any other kind is pydantic's name for a fault against the schema.
    return ReasonCode.SCHEMA_INVALID if otherwise in _SCHEMA_CODES else otherwise


_SCHEMA_CODES = frozenset({ReasonCode.SCHEMA_INVALID, ReasonCode.TIME_INVALID, ReasonCode.NATION_UNKNOWN})


def parameter_refused(error: RequestValidationError) -> ApiRefused:
    """FastAPI validates query and path parameters only; bodies are read by schemas.strict_json."""
    faults = tuple(
        Fault(
            code=ReasonCode.PARAMETER_INVALID,
            pointer=json_pointer(fault["loc"])[:MAX_POINTER],
            detail=str(fault["msg"]),
        )
        for fault in error.errors()[:MAX_FAULTS]
    )
    return ApiRefused(
        ReasonCode.PARAMETER_INVALID, faults=faults, pointer=faults[0].pointer if faults else None
    )


def framework_refused(error: HTTPException) -> ApiRefused:
    """A refusal by the framework: no such address, no such method."""
    code = _FRAMEWORK_CODES.get(error.status_code, ReasonCode.INTERNAL_FAULT)
    return ApiRefused(code, headers=error.headers)


def foreseen(request: Request, error: Exception) -> ApiRefused | None:
    """What an error of ours looks like to the caller; None for one that nobody foresaw."""
    if isinstance(error, ApiRefused):
        return error
    if isinstance(error, DraftRefused):
        return refused_draft(error)
    if isinstance(error, JsonRefused):
        return refused_json(error)
    if isinstance(error, StoreUnavailable):
        request.app.state.runtime.context.counters.storage_faults += 1
        return ApiRefused(ReasonCode.STORE_UNAVAILABLE, headers={"Retry-After": "5"})
    return None


def install(app: FastAPI) -> None:
    """Make every error of ``app`` a problem. Unforeseen ones are caught by ``gateways.http.front``."""

    async def ours(request: Request, error: Exception) -> Response:
        refused = foreseen(request, error)
        if refused is None:
            raise error
        return refused.response()

    async def parameter(_: Request, error: Any) -> Response:
        return parameter_refused(error).response()

    async def framework(_: Request, error: Any) -> Response:
        return framework_refused(error).response()

    for kind in (ApiRefused, StoreUnavailable, DraftRefused, JsonRefused):
        app.add_exception_handler(kind, ours)
    app.add_exception_handler(RequestValidationError, parameter)
    app.add_exception_handler(HTTPException, framework)
