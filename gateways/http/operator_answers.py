"""How requests about operators' own sessions are read, answered and refused, whatever proves who it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import Response
from pydantic import Field

from gateways.http.caller import Caller
from gateways.http.limits import read_json_body
from gateways.http.problems import ApiRefused, refused_json
from gateways.http.routes.answers import BODY, GUARDED, statement_response
from gateways.http.runtime import Runtime, runtime
from gateways.operators.hashing import HashingBusy
from gateways.operators.password_sign_in import PasswordUnsuitable, SignInDelayed, SignInRefused
from gateways.operators.roles import rights_of, sees_content
from gateways.operators.sessions import Issued, SessionEnded, SignedIn, actor_of
from schemas.base import HexId, Statement, UtcTime
from schemas.operator import OperatorName, Role
from schemas.reasons import ReasonCode as C
from schemas.strict_json import JsonRefused, parse_model

MAX_BODY = 8 * 1024
OPEN: dict[str, list[dict[str, list[str]]]] = {"security": []}
OPERATOR: dict[str, list[dict[str, list[str]]]] = {"security": [{"operator": []}]}

ModelT = TypeVar("ModelT", bound=Statement)


class OperatorView(Statement):
    """The operator signed in, and what the session may do."""

    name: OperatorName
    display_name: str
    roles: tuple[Role, ...]
    rights: tuple[str, ...] = Field(description="What the roles permit, now.")
    sees_content: bool = Field(description="Whether messages are shown, and not only what is known of them.")
    session: HexId = Field(description="Names this sign-in in the audit log; no secret.")
    means: str = Field(description="How the session began: password, link, or oidc (the identity provider).")
    fresh_at: UtcTime = Field(description="When it was last proven who it is, as far as this token goes.")
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


ISSUED: dict[int | str, dict[str, Any]] = {
    200: {"model": SessionView, "description": "Signed in, with a new pair of tokens."}
}
PROOF = (*BODY, C.SIGN_IN_REFUSED, C.SIGN_IN_DELAYED, C.GATEWAY_BUSY)
OWN = (C.OPERATOR_ONLY, *(code for code in GUARDED if code is not C.SCOPE_MISSING))


async def body(request: Request, model: type[ModelT]) -> ModelT:
    """What the request's body says. Raises ApiRefused."""
    nothing_in_the_address(request)
    raw = await read_json_body(
        request, max_bytes=MAX_BODY, within=runtime(request).settings.body_timeout_seconds
    )
    try:
        return parse_model(model, raw, MAX_BODY)
    except JsonRefused as refused:
        raise refused_json(refused) from None


def nothing_in_the_address(request: Request) -> None:
    """Addresses stand in logs and histories: whoever puts a password there is told at once."""
    if request.scope["query_string"]:
        raise ApiRefused(C.PARAMETER_INVALID, "This address takes no parameters.", pointer="/query")


@asynccontextmanager
async def told(request: Request, gateway: Runtime) -> AsyncIterator[None]:
    """What sign-in refuses, as problems; each is recorded."""
    try:
        yield
    except SignInRefused as refused:
        if refused.known is not None and "entente.caller" not in request.scope:
            # Claimed: it may be anybody. A name that nobody has is not recorded: it may be a password.
            request.scope["entente.actor"] = f"claimed-{actor_of(refused.known)}"
        raise await recorded(request, gateway, ApiRefused(C.SIGN_IN_REFUSED)) from None
    except SignInDelayed as delayed:
        after = {"Retry-After": str(ceil(delayed.seconds))}
        raise await recorded(request, gateway, ApiRefused(C.SIGN_IN_DELAYED, headers=after)) from None
    except SessionEnded:
        raise await recorded(request, gateway, ApiRefused(C.CREDENTIALS_INVALID)) from None
    except HashingBusy:
        busy = ApiRefused(C.GATEWAY_BUSY, "Too many sign-ins at once.", headers={"Retry-After": "1"})
        raise await recorded(request, gateway, busy) from None
    except PasswordUnsuitable as unsuitable:
        raise ApiRefused(C.PASSWORD_UNSUITABLE, str(unsuitable), pointer="/new_password") from None


async def recorded(request: Request, gateway: Runtime, refused: ApiRefused) -> ApiRefused:
    """The refusal, once it stands in the audit log."""
    await gateway.access.record_refusal(request, refused.code)
    return refused


def address(request: Request) -> str | None:
    """Where the request comes from."""
    return request.client.host if request.client is not None else None


def session_of(caller: Caller) -> SignedIn:
    """The caller's session. Raises ApiRefused OPERATOR_ONLY for an API key."""
    if caller.signed_in is None:
        raise ApiRefused(C.OPERATOR_ONLY)
    return caller.signed_in


def issued(given: Issued) -> Response:
    """New tokens, shown once."""
    return statement_response(
        SessionView.model_construct(
            access_token=given.access, refresh_token=given.refresh, operator=view(given.signed_in)
        )
    )


def view(signed_in: SignedIn) -> OperatorView:
    """The operator and the session."""
    operator = signed_in.operator
    roles = () if signed_in.password_change_required else tuple(sorted(operator.roles))
    return OperatorView(
        name=operator.name,
        display_name=operator.display_name,
        roles=tuple(sorted(operator.roles)),
        rights=tuple(sorted(right.value for right in rights_of(roles))),
        sees_content=sees_content(roles),
        session=signed_in.session_id,
        means=signed_in.means,
        fresh_at=signed_in.fresh_at,
        token_until=signed_in.token_until,
        session_until=signed_in.session_until,
        password_change_required=signed_in.password_change_required,
    )
