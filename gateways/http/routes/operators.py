"""Operators' sign-in, sessions, own account. Secrets travel in bodies and a header, never in addresses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from gateways.http.caller import Caller
from gateways.http.limits import read_json_body
from gateways.http.problems import ApiRefused, refused_json
from gateways.http.routes.answers import BODY, GUARDED, json_body, problems, statement_response
from gateways.http.routes.plain_route import PlainRoute
from gateways.http.runtime import Runtime, runtime
from gateways.operators.hashing import HashingBusy
from gateways.operators.link_sign_in import LinkSignIn
from gateways.operators.password_sign_in import PasswordUnsuitable, SignInDelayed, SignInRefused
from gateways.operators.passwords import LARGEST_TYPED
from gateways.operators.roles import OperatorRight, rights_of, sees_content
from gateways.operators.sessions import Issued, SessionEnded, SignedIn, actor_of
from schemas.base import HexId, Statement, UtcTime
from schemas.operator import OperatorName, Role
from schemas.reasons import ReasonCode as C
from schemas.strict_json import JsonRefused, parse_model

router = APIRouter(prefix="/v1/operators", tags=["operators"], route_class=PlainRoute)

MAX_BODY = 8 * 1024
OPEN: dict[str, list[dict[str, list[str]]]] = {"security": []}
OPERATOR: dict[str, list[dict[str, list[str]]]] = {"security": [{"operator": []}]}

ModelT = TypeVar("ModelT", bound=Statement)
Typed = Annotated[str, StringConstraints(min_length=1, max_length=LARGEST_TYPED)]


class SignInRequest(Statement):
    """Who wants to sign in."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    password: Typed = Field(repr=False)


class LinkRequest(Statement):
    """A one-time link's secret."""

    link: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(repr=False)


class RefreshRequest(Statement):
    """A session to go on with."""

    refresh_token: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(repr=False)


class FreshRequest(Statement):
    """The password, once more."""

    password: Typed = Field(repr=False)


class PasswordRequest(Statement):
    """A new password."""

    current_password: Typed = Field(repr=False)
    new_password: Typed = Field(repr=False)


class OperatorView(Statement):
    """The operator signed in, and what the session may do."""

    name: OperatorName
    display_name: str
    roles: tuple[Role, ...]
    rights: tuple[str, ...] = Field(description="What the roles permit, now.")
    sees_content: bool = Field(description="Whether messages are shown, and not only what is known of them.")
    session: HexId = Field(description="Names this sign-in in the audit log; no secret.")
    fresh_at: UtcTime = Field(description="When the password was given last, as far as this token goes.")
    token_until: UtcTime
    session_until: UtcTime
    password_change_required: bool = Field(
        description="A one-time password: nothing but replacing it is permitted."
    )


class SessionView(Statement):
    """A session's new tokens. They are shown once."""

    access_token: str = Field(description="For 'Authorization: Bearer'.")
    refresh_token: str = Field(description="Good once, for the next pair. A second use ends the session.")
    operator: OperatorView


_ISSUED: dict[int | str, dict[str, Any]] = {
    200: {"model": SessionView, "description": "Signed in, with a new pair of tokens."}
}
_PROOF = (*BODY, C.SIGN_IN_REFUSED, C.SIGN_IN_DELAYED, C.GATEWAY_BUSY)
_OWN = (C.OPERATOR_ONLY, *(code for code in GUARDED if code is not C.SCOPE_MISSING))


@router.post(
    "/sign-in",
    summary="Sign in as an operator.",
    responses=_ISSUED | problems(*_PROOF, C.STORE_UNAVAILABLE),
    openapi_extra=OPEN | json_body(SignInRequest.model_json_schema()),
)
async def sign_in(request: Request) -> Response:
    """A new session for a name and a password. Credentials that come with the request play no part in it."""
    gateway = runtime(request)
    given = await _body(request, SignInRequest)
    async with _told(request, gateway):
        return _issued(await gateway.sign_in.sign_in(given.name, given.password, _address(request)))


@router.post(
    "/link",
    summary="Sign in with a one-time link.",
    responses=_ISSUED | problems(*BODY, C.SIGN_IN_REFUSED, C.STORE_UNAVAILABLE),
    openapi_extra=OPEN | json_body(LinkRequest.model_json_schema()),
)
async def sign_in_by_link(request: Request) -> Response:
    """The link is used up. The session is not fresh until the password was given."""
    gateway = runtime(request)
    given = await _body(request, LinkRequest)
    async with _told(request, gateway):
        return _issued(await LinkSignIn(gateway.context, gateway.sessions).sign_in(given.link))


@router.post(
    "/refresh",
    summary="Go on with a session: a new pair of tokens.",
    responses=_ISSUED | problems(*BODY, C.CREDENTIALS_INVALID, C.STORE_UNAVAILABLE),
    openapi_extra=OPEN | json_body(RefreshRequest.model_json_schema()),
)
async def refresh_session(request: Request) -> Response:
    """The refresh token is used up. It counts as use of the session; it is no sign-in."""
    gateway = runtime(request)
    given = await _body(request, RefreshRequest)
    async with _told(request, gateway):
        return _issued(await gateway.sessions.refresh(given.refresh_token))


@router.post(
    "/fresh",
    summary="Give the password again, for an act that asks for it.",
    responses=_ISSUED | problems(*_OWN, *_PROOF),
    openapi_extra=OPERATOR | json_body(FreshRequest.model_json_schema()),
)
async def confirm_password(request: Request) -> Response:
    """New tokens that are fresh; older ones of the session stay as they are."""
    gateway = runtime(request)
    signed_in = _signed_in(await gateway.access.admit(request, OperatorRight.OWN_ACCOUNT))
    given = await _body(request, FreshRequest)
    async with _told(request, gateway):
        return _issued(await gateway.sign_in.confirm(signed_in, given.password, _address(request)))


@router.post(
    "/password",
    summary="Replace one's own password.",
    responses=_ISSUED | problems(*_OWN, *_PROOF, C.PASSWORD_UNSUITABLE),
    openapi_extra=OPERATOR | json_body(PasswordRequest.model_json_schema()),
)
async def change_password(request: Request) -> Response:
    """Every session of the operator ends, this one included; the answer begins a new one."""
    gateway = runtime(request)
    signed_in = _signed_in(await gateway.access.admit(request, OperatorRight.OWN_ACCOUNT))
    given = await _body(request, PasswordRequest)
    async with _told(request, gateway):
        return _issued(
            await gateway.sign_in.change(
                signed_in, given.current_password, given.new_password, _address(request)
            )
        )


@router.post(
    "/sign-out",
    summary="End the session.",
    responses={200: {"model": OperatorView, "description": "It was this session."}, **problems(*_OWN)},
    openapi_extra=OPERATOR,
)
async def sign_out(request: Request) -> Response:
    """Every token of the session is worth nothing from now on."""
    gateway = runtime(request)
    signed_in = _signed_in(await gateway.access.admit(request, OperatorRight.OWN_ACCOUNT))
    _nothing_in_the_address(request)
    await gateway.sessions.end(signed_in)
    return statement_response(_view(signed_in))


@router.get(
    "/me",
    summary="Show who is signed in.",
    responses={200: {"model": OperatorView, "description": "The operator."}, **problems(*_OWN)},
    openapi_extra=OPERATOR,
)
async def show_me(request: Request) -> Response:
    """The operator behind the token, and what they may do."""
    gateway = runtime(request)
    return statement_response(
        _view(_signed_in(await gateway.access.admit(request, OperatorRight.OWN_ACCOUNT)))
    )


async def _body(request: Request, model: type[ModelT]) -> ModelT:
    _nothing_in_the_address(request)
    raw = await read_json_body(
        request, max_bytes=MAX_BODY, within=runtime(request).settings.body_timeout_seconds
    )
    try:
        return parse_model(model, raw, MAX_BODY)
    except JsonRefused as refused:
        raise refused_json(refused) from None


def _nothing_in_the_address(request: Request) -> None:
    """Addresses stand in logs and histories: whoever puts a password there is told at once."""
    if request.scope["query_string"]:
        raise ApiRefused(C.PARAMETER_INVALID, "This address takes no parameters.", pointer="/query")


@asynccontextmanager
async def _told(request: Request, gateway: Runtime) -> AsyncIterator[None]:
    """What sign-in refuses, as problems; each is recorded."""
    try:
        yield
    except SignInRefused as refused:
        if refused.known is not None and "entente.caller" not in request.scope:
            # Claimed: it may be anybody. A name that nobody has is not recorded: it may be a password.
            request.scope["entente.actor"] = f"claimed-{actor_of(refused.known)}"
        raise await _recorded(request, gateway, ApiRefused(C.SIGN_IN_REFUSED)) from None
    except SignInDelayed as delayed:
        after = {"Retry-After": str(ceil(delayed.seconds))}
        raise await _recorded(request, gateway, ApiRefused(C.SIGN_IN_DELAYED, headers=after)) from None
    except SessionEnded:
        raise await _recorded(request, gateway, ApiRefused(C.CREDENTIALS_INVALID)) from None
    except HashingBusy:
        busy = ApiRefused(C.GATEWAY_BUSY, "Too many sign-ins at once.", headers={"Retry-After": "1"})
        raise await _recorded(request, gateway, busy) from None
    except PasswordUnsuitable as unsuitable:
        raise ApiRefused(C.PASSWORD_UNSUITABLE, str(unsuitable), pointer="/new_password") from None


async def _recorded(request: Request, gateway: Runtime, refused: ApiRefused) -> ApiRefused:
    await gateway.access.record_refusal(request, refused.code)
    return refused


def _address(request: Request) -> str | None:
    return request.client.host if request.client is not None else None


def _signed_in(caller: Caller) -> SignedIn:
    if caller.signed_in is None:
        raise ApiRefused(C.OPERATOR_ONLY)
    return caller.signed_in


def _issued(issued: Issued) -> Response:
    return statement_response(
        SessionView.model_construct(
            access_token=issued.access, refresh_token=issued.refresh, operator=_view(issued.signed_in)
        )
    )


def _view(signed_in: SignedIn) -> OperatorView:
    operator = signed_in.operator
    roles = () if operator.one_time else tuple(sorted(operator.roles))
    return OperatorView(
        name=operator.name,
        display_name=operator.display_name,
        roles=tuple(sorted(operator.roles)),
        rights=tuple(sorted(right.value for right in rights_of(roles))),
        sees_content=sees_content(roles),
        session=signed_in.session_id,
        fresh_at=signed_in.fresh_at,
        token_until=signed_in.token_until,
        session_until=signed_in.session_until,
        password_change_required=operator.one_time,
    )
