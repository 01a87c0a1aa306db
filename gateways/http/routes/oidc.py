"""Signing in at the nation's identity provider: a console sends the browser there and brings back what comes.

The console decides nothing and learns nothing but a session's tokens. It keeps `transaction` in the very
browser that it sends there (a cookie), so that nobody finishes in one browser what began in another.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from gateways.http.operator_answers import (
    ISSUED,
    OPEN,
    OPERATOR,
    OWN,
    address,
    body,
    issued,
    recorded,
    session_of,
    told,
)
from gateways.http.problems import ApiRefused
from gateways.http.routes.answers import BODY, json_body, problems, statement_response
from gateways.http.routes.plain_route import PlainRoute
from gateways.http.runtime import Runtime, runtime
from gateways.oidc.errors import (
    NobodyHere,
    NotRecent,
    ProofRefused,
    ProviderFailed,
    RedirectNotListed,
    TransactionRefused,
)
from gateways.oidc.way import Begun, WayBack
from gateways.operators.roles import OperatorRight
from gateways.operators.sessions import actor_of
from schemas.base import Statement, UtcTime
from schemas.reasons import ReasonCode as C

if TYPE_CHECKING:
    from gateways.oidc.sign_in import OidcSignIn

router = APIRouter(prefix="/v1/operators/oidc", tags=["operators"], route_class=PlainRoute)

RETRY_AFTER = {"Retry-After": "5"}


class BeginRequest(Statement):
    """Where the browser is to come back to."""

    redirect_uri: Annotated[str, StringConstraints(min_length=1, max_length=1000)] = Field(
        description="One of the addresses that the gateway's settings list."
    )


class FinishRequest(Statement):
    """What came back with the browser, and what it kept meanwhile."""

    transaction: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(repr=False)
    state: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(repr=False)
    code: Annotated[str, StringConstraints(min_length=1, max_length=2000)] = Field(repr=False)
    iss: Annotated[str, StringConstraints(max_length=1000)] | None = Field(
        None, description="The issuer, where the provider named it on the way back (RFC 9207)."
    )


class ProviderView(Statement):
    """The identity provider of this gateway's nation."""

    issuer: str
    name: str = Field(description="What people call it.")
    client_id: str
    scope: str


class WaysView(Statement):
    """How operators sign in at this gateway."""

    passwords: bool = Field(description="Whether a name and a password do.")
    provider: ProviderView | None = Field(None, description="Where else, if there is an identity provider.")


class BegunView(Statement):
    """Where to send the browser, and what it keeps meanwhile."""

    authorization_url: str
    transaction: str = Field(description="Belongs in the browser that is sent there, and nowhere else.")
    until: UtcTime = Field(description="When it is too late to come back.")


_BEGUN: dict[int | str, dict[str, Any]] = {
    200: {"model": BegunView, "description": "Send the browser there."}
}
_BEGIN = (*BODY, C.OIDC_NOT_CONFIGURED, C.OIDC_REDIRECT_REFUSED, C.OIDC_PROVIDER_FAILED)
_FINISH = (
    *(*BODY, C.OIDC_NOT_CONFIGURED, C.OIDC_TRANSACTION_INVALID, C.OIDC_PROOF_REFUSED, C.OIDC_PROVIDER_FAILED),
    *(C.SIGN_IN_REFUSED, C.SIGN_IN_DELAYED, C.STORE_UNAVAILABLE),
)


@router.get(
    "",
    name="show_ways_to_sign_in",
    summary="Show how operators sign in here.",
    responses={200: {"model": WaysView, "description": "The ways."}, **problems()},
    openapi_extra=OPEN,
)
async def show_ways_to_sign_in(request: Request) -> Response:
    """Whether passwords serve, and whether there is an identity provider."""
    settings = runtime(request).settings
    provider = None
    if settings.oidc_issuer is not None and settings.oidc_client_id is not None:
        provider = ProviderView(
            issuer=settings.oidc_issuer,
            name=settings.oidc_name or settings.oidc_issuer.removeprefix("https://").partition("/")[0],
            client_id=settings.oidc_client_id,
            scope=settings.oidc_scopes,
        )
    return statement_response(WaysView(passwords=settings.operator_passwords, provider=provider))


@router.post(
    "/begin",
    name="begin_oidc_sign_in",
    summary="Begin to sign in at the identity provider.",
    responses=_BEGUN | problems(*_BEGIN),
    openapi_extra=OPEN | json_body(BeginRequest.model_json_schema()),
)
async def begin_oidc_sign_in(request: Request) -> Response:
    """The address to send the browser to. Nothing is kept for it here; it serves ten minutes, once."""
    gateway = runtime(request)
    given = await body(request, BeginRequest)
    async with _refused(request, gateway):
        return _begun(await _oidc(gateway).begin(given.redirect_uri))


@router.post(
    "/finish",
    name="finish_oidc_sign_in",
    summary="Sign in with what the identity provider sent back.",
    responses=ISSUED | problems(*_FINISH),
    openapi_extra=OPEN | json_body(FinishRequest.model_json_schema()),
)
async def finish_oidc_sign_in(request: Request) -> Response:
    """A new session. It is as fresh as the authentication that the provider tells of."""
    gateway = runtime(request)
    given = await body(request, FinishRequest)
    async with _refused(request, gateway):
        return issued(await _oidc(gateway).finish(_way_back(given), address(request)))


@router.post(
    "/fresh/begin",
    name="begin_oidc_confirmation",
    summary="Begin to prove again, at the identity provider, who is signed in.",
    responses=_BEGUN | problems(*OWN, *_BEGIN),
    openapi_extra=OPERATOR | json_body(BeginRequest.model_json_schema()),
)
async def begin_oidc_confirmation(request: Request) -> Response:
    """As for a sign-in; the provider is asked to authenticate the person anew."""
    gateway = runtime(request)
    signed_in = session_of(await gateway.access.admit(request, OperatorRight.OWN_ACCOUNT))
    given = await body(request, BeginRequest)
    async with _refused(request, gateway):
        return _begun(await _oidc(gateway).begin(given.redirect_uri, signed_in))


@router.post(
    "/fresh/finish",
    name="finish_oidc_confirmation",
    summary="Get fresh tokens for what the identity provider sent back.",
    responses=ISSUED | problems(*OWN, *_FINISH, C.SIGN_IN_NOT_FRESH),
    openapi_extra=OPERATOR | json_body(FinishRequest.model_json_schema()),
)
async def finish_oidc_confirmation(request: Request) -> Response:
    """New tokens of this session, if it is the same person, authenticated after it was begun."""
    gateway = runtime(request)
    signed_in = session_of(await gateway.access.admit(request, OperatorRight.OWN_ACCOUNT))
    given = await body(request, FinishRequest)
    async with _refused(request, gateway):
        return issued(await _oidc(gateway).confirm(_way_back(given), signed_in))


def _oidc(gateway: Runtime) -> "OidcSignIn":
    if gateway.oidc is None:
        raise ApiRefused(C.OIDC_NOT_CONFIGURED)
    return gateway.oidc


def _begun(begun: Begun) -> Response:
    return statement_response(
        BegunView(authorization_url=begun.authorization_url, transaction=begun.transaction, until=begun.until)
    )


def _way_back(given: FinishRequest) -> WayBack:
    return WayBack(given.transaction, given.state, given.code, given.iss)


@asynccontextmanager
async def _refused(request: Request, gateway: Runtime) -> AsyncIterator[None]:
    """What signing in there refuses, as problems; each refusal of a person is recorded."""
    try:
        async with told(request, gateway):
            yield
    except NobodyHere as nobody:
        if nobody.known is not None and "entente.caller" not in request.scope:
            request.scope["entente.actor"] = f"claimed-{actor_of(nobody.known)}"
        found = ApiRefused(C.SIGN_IN_REFUSED, "Nobody who may sign in here stands behind this identity.")
        raise await recorded(request, gateway, found) from None
    except RedirectNotListed:
        raise ApiRefused(C.OIDC_REDIRECT_REFUSED, pointer="/redirect_uri") from None
    except ProviderFailed as failed:
        raise ApiRefused(C.OIDC_PROVIDER_FAILED, failed.fault.words, headers=RETRY_AFTER) from None
    except TransactionRefused as refused:
        found = ApiRefused(C.OIDC_TRANSACTION_INVALID, refused.fault.words)
        raise await recorded(request, gateway, found) from None
    except NotRecent as refused:
        found = ApiRefused(C.SIGN_IN_NOT_FRESH, refused.fault.words)
        raise await recorded(request, gateway, found) from None
    except ProofRefused as refused:
        found = ApiRefused(C.OIDC_PROOF_REFUSED, refused.fault.words)
        raise await recorded(request, gateway, found) from None
