"""Operators' sign-in, sessions, own account. Secrets travel in bodies and a header, never in addresses."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from gateways.http.operator_answers import (
    ISSUED,
    OPEN,
    OPERATOR,
    OWN,
    PROOF,
    OperatorView,
    address,
    body,
    issued,
    nothing_in_the_address,
    recorded,
    session_of,
    told,
    view,
)
from gateways.http.problems import ApiRefused
from gateways.http.routes.answers import BODY, json_body, problems, statement_response
from gateways.http.routes.plain_route import PlainRoute
from gateways.http.runtime import Runtime, runtime
from gateways.operators.link_sign_in import LinkSignIn
from gateways.operators.passwords import LARGEST_TYPED
from gateways.operators.roles import OperatorRight
from schemas.base import Statement
from schemas.reasons import ReasonCode as C

router = APIRouter(prefix="/v1/operators", tags=["operators"], route_class=PlainRoute)

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


class Revoked(Statement):
    """What became of a session."""

    ended: bool = Field(description="Whether the token was of a session, which has ended with this.")


class FreshRequest(Statement):
    """The password, once more."""

    password: Typed = Field(repr=False)


class PasswordRequest(Statement):
    """A new password."""

    current_password: Typed = Field(repr=False)
    new_password: Typed = Field(repr=False)


@router.post(
    "/sign-in",
    summary="Sign in as an operator.",
    responses=ISSUED | problems(*PROOF, C.PASSWORD_SIGN_IN_OFF, C.STORE_UNAVAILABLE),
    openapi_extra=OPEN | json_body(SignInRequest.model_json_schema()),
)
async def sign_in(request: Request) -> Response:
    """A new session for a name and a password. Credentials that come with the request play no part in it."""
    gateway = runtime(request)
    await _passwords_serve(request, gateway)
    given = await body(request, SignInRequest)
    async with told(request, gateway):
        return issued(await gateway.sign_in.sign_in(given.name, given.password, address(request)))


@router.post(
    "/link",
    summary="Sign in with a one-time link.",
    responses=ISSUED | problems(*BODY, C.SIGN_IN_REFUSED, C.STORE_UNAVAILABLE),
    openapi_extra=OPEN | json_body(LinkRequest.model_json_schema()),
)
async def sign_in_by_link(request: Request) -> Response:
    """The link is used up. The session is not fresh until the password was given."""
    gateway = runtime(request)
    given = await body(request, LinkRequest)
    async with told(request, gateway):
        return issued(await LinkSignIn(gateway.context, gateway.sessions).sign_in(given.link))


@router.post(
    "/refresh",
    summary="Go on with a session: a new pair of tokens.",
    responses=ISSUED | problems(*BODY, C.CREDENTIALS_INVALID, C.STORE_UNAVAILABLE),
    openapi_extra=OPEN | json_body(RefreshRequest.model_json_schema()),
)
async def refresh_session(request: Request) -> Response:
    """The refresh token is used up. It counts as use of the session; it is no sign-in."""
    gateway = runtime(request)
    given = await body(request, RefreshRequest)
    async with told(request, gateway):
        return issued(await gateway.sessions.refresh(given.refresh_token))


@router.post(
    "/fresh",
    summary="Give the password again, for an act that asks for it.",
    responses=ISSUED | problems(*OWN, *PROOF, C.PASSWORD_SIGN_IN_OFF),
    openapi_extra=OPERATOR | json_body(FreshRequest.model_json_schema()),
)
async def confirm_password(request: Request) -> Response:
    """New tokens that are fresh; older ones of the session stay as they are."""
    gateway = runtime(request)
    signed_in = session_of(await gateway.access.admit(request, OperatorRight.OWN_ACCOUNT))
    await _passwords_serve(request, gateway)
    given = await body(request, FreshRequest)
    async with told(request, gateway):
        return issued(await gateway.sign_in.confirm(signed_in, given.password))


@router.post(
    "/password",
    summary="Replace one's own password.",
    responses=ISSUED | problems(*OWN, *PROOF, C.PASSWORD_SIGN_IN_OFF, C.PASSWORD_UNSUITABLE),
    openapi_extra=OPERATOR | json_body(PasswordRequest.model_json_schema()),
)
async def change_password(request: Request) -> Response:
    """Every session of the operator ends, this one included; the answer begins a new one."""
    gateway = runtime(request)
    signed_in = session_of(await gateway.access.admit(request, OperatorRight.OWN_ACCOUNT))
    await _passwords_serve(request, gateway)
    given = await body(request, PasswordRequest)
    async with told(request, gateway):
        return issued(await gateway.sign_in.change(signed_in, given.current_password, given.new_password))


@router.post(
    "/sign-out",
    summary="End the session.",
    responses={200: {"model": OperatorView, "description": "It was this session."}, **problems(*OWN)},
    openapi_extra=OPERATOR,
)
async def sign_out(request: Request) -> Response:
    """Every token of the session is worth nothing from now on."""
    gateway = runtime(request)
    signed_in = session_of(await gateway.access.admit(request, OperatorRight.OWN_ACCOUNT))
    nothing_in_the_address(request)
    await gateway.sessions.end(signed_in)
    return statement_response(view(signed_in))


@router.post(
    "/revoke",
    summary="End the session of a refresh token.",
    responses={
        200: {"model": Revoked, "description": "The token is worth nothing, whatever it was before."},
        **problems(*BODY, C.STORE_UNAVAILABLE),
    },
    openapi_extra=OPEN | json_body(RefreshRequest.model_json_schema()),
)
async def revoke_session(request: Request) -> Response:
    """As signing out, where the access token has ended. A token of no session is no fault (RFC 7009)."""
    gateway = runtime(request)
    given = await body(request, RefreshRequest)
    return statement_response(Revoked(ended=await gateway.sessions.end_by_refresh_token(given.refresh_token)))


@router.get(
    "/me",
    summary="Show who is signed in.",
    responses={200: {"model": OperatorView, "description": "The operator."}, **problems(*OWN)},
    openapi_extra=OPERATOR,
)
async def show_me(request: Request) -> Response:
    """The operator behind the token, and what they may do."""
    gateway = runtime(request)
    return statement_response(
        view(session_of(await gateway.access.admit(request, OperatorRight.OWN_ACCOUNT)))
    )


async def _passwords_serve(request: Request, gateway: Runtime) -> None:
    """Raises ApiRefused PASSWORD_SIGN_IN_OFF where only the identity provider's word counts."""
    if not gateway.settings.operator_passwords:
        raise await recorded(request, gateway, ApiRefused(C.PASSWORD_SIGN_IN_OFF))
