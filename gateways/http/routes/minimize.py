"""MINIMIZE: showing it, setting it, lifting it."""

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from bus.store import minimize as stored
from bus.store.minimize import Minimize
from bus.store.writer import Transaction
from gateways.http.api_keys import Scope
from gateways.http.limits import read_json_body
from gateways.http.problems import ApiRefused, refused_json
from gateways.http.routes.answers import BODY, GUARDED, answers, json_body, problems, statement_response
from gateways.http.runtime import Runtime, runtime
from gateways.operators.roles import OperatorRight
from gateways.publishing.minimize import in_force
from schemas.audit import AuditEvent
from schemas.base import Statement, UtcTime
from schemas.header import Precedence
from schemas.reasons import ReasonCode as C
from schemas.strict_json import JsonRefused, parse_model

router = APIRouter(prefix="/v1", tags=["minimize"])

LONGEST = timedelta(days=30)
MAX_BODY = 4 * 1024
_OPERATOR: dict[str, list[dict[str, list[str]]]] = {"security": [{"operator": []}]}


class MinimizeRequest(Statement):
    """What is still to be accepted, and until when."""

    lowest: Precedence = Field(description="The lowest precedence that is accepted.")
    exercise_too: bool = Field(False, description="Whether it holds for EXERCISE and TEST as well.")
    until: UtcTime


_BODY = {
    "type": "object",
    "description": MinimizeRequest.__doc__,
    "additionalProperties": False,
    "required": ["lowest", "until"],
    "properties": {
        "lowest": {"type": "string", "enum": [precedence.value for precedence in Precedence]},
        "exercise_too": {"type": "boolean", "default": False},
        "until": {"type": "string", "format": "date-time"},
    },
}


class MinimizeView(Statement):
    """Whether drafts below a precedence are refused now."""

    in_force: bool
    lowest: Precedence | None = None
    exercise_too: bool | None = None
    until: UtcTime | None = None
    set_by: str | None = None
    set_at: UtcTime | None = None


@router.get(
    "/minimize",
    summary="Show whether MINIMIZE is in force.",
    responses=answers(200, MinimizeView, "Whether it is, and what is still accepted."),
)
async def show_minimize(request: Request) -> Response:
    """The MINIMIZE in force, if there is one."""
    gateway = runtime(request)
    await gateway.access.admit(request, Scope.MESSAGES_READ)
    return statement_response(_view(gateway))


@router.post(
    "/minimize",
    summary="Set MINIMIZE: refuse drafts below a precedence until a time.",
    responses={
        200: {"model": MinimizeView, "description": "It is in force."},
        **problems(*GUARDED, *BODY, C.OPERATOR_ONLY, C.ROLE_MISSING, C.TIME_INVALID),
    },
    openapi_extra=_OPERATOR | json_body(_BODY),
)
async def set_minimize(request: Request) -> Response:
    """In force from the answer on, in place of an earlier one; what was accepted before is sent."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, OperatorRight.MINIMIZE_SET)
    raw = await read_json_body(request, max_bytes=MAX_BODY, within=gateway.settings.body_timeout_seconds)
    try:
        given = parse_model(MinimizeRequest, raw, MAX_BODY)
    except JsonRefused as refused:
        raise refused_json(refused) from None
    now = gateway.context.now()
    if not now < given.until <= now + LONGEST:
        raise ApiRefused(C.TIME_INVALID, "The end lies within the next 30 days.", pointer="/until")
    made = Minimize(given.lowest, given.exercise_too, given.until, caller.actor, now)
    evidence = gateway.context.evidence(caller.actor, now)
    evidence.add(AuditEvent.MINIMIZE_SET, precedence=made.lowest)

    def job(tx: Transaction) -> None:
        stored.put(tx, made)
        evidence.write(tx)

    await gateway.context.store.write(job)
    gateway.context.minimize = made
    return statement_response(_view(gateway))


@router.delete(
    "/minimize",
    summary="Lift MINIMIZE.",
    responses={
        200: {"model": MinimizeView, "description": "It is not in force."},
        **problems(*GUARDED, C.OPERATOR_ONLY, C.ROLE_MISSING, C.ALREADY_DONE),
    },
    openapi_extra=_OPERATOR,
)
async def lift_minimize(request: Request) -> Response:
    """Every precedence is accepted again."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, OperatorRight.MINIMIZE_SET)
    now = gateway.context.now()
    evidence = gateway.context.evidence(caller.actor, now)
    evidence.add(AuditEvent.MINIMIZE_LIFTED)

    def job(tx: Transaction) -> bool:
        # As of this transaction: another operator may have lifted it a moment ago.
        held = in_force(stored.get(tx), now) is not None
        if stored.lift(tx) and held:
            evidence.write(tx)
        return held

    lifted = await gateway.context.store.write(job)
    gateway.context.minimize = None
    if not lifted:
        raise ApiRefused(C.ALREADY_DONE)
    return statement_response(_view(gateway))


def _view(gateway: Runtime) -> MinimizeView:
    held = in_force(gateway.context.minimize, gateway.context.now())
    if held is None:
        return MinimizeView(in_force=False)
    return MinimizeView(
        in_force=True,
        lowest=held.lowest,
        exercise_too=held.exercise_too,
        until=held.until,
        set_by=held.set_by,
        set_at=held.set_at,
    )
