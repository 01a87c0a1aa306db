"""Recalling a publication, and who confirmed it: POST and GET /v1/messages/{publication_id}/recall."""

from datetime import datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import Field

from bus.protocol.delivery_states import SHOWN
from bus.store import recall_asked, recalls
from bus.store.recall_asked import Asked
from bus.store.recalls import NeverSent, RecallRow
from bus.store.writer import Transaction
from gateways.http.api_keys import Scope
from gateways.http.caller import Caller
from gateways.http.limits import read_json_body
from gateways.http.problems import ApiRefused, refused_json
from gateways.http.routes.answers import BODY, answers, json_body, statement_response
from gateways.http.runtime import Runtime, runtime
from gateways.recalling.recalling import WantedRecall, recall
from gateways.recalling.refused import RecallRefused
from schemas.base import Digest, Nation, Statement, UtcTime, Uuid, Uuid7
from schemas.header import Mode
from schemas.reasons import ReasonCode as C
from schemas.recall import RecallOutcome, RecallReason
from schemas.strict_json import JsonRefused, parse_model

router = APIRouter(prefix="/v1/messages", tags=["messages"])

PublicationId = Annotated[Uuid, Path(description="As POST /v1/messages answered.")]
MAX_BODY = 1024
NOTICE = (
    "A recall cannot un-send. It asks every gateway that may have the message to withdraw it; what people "
    "had read, printed or passed on, and what systems had taken over by then, it does not reach."
)


class RecallRequest(Statement):
    """What is said with a recall."""

    reason: RecallReason = Field(
        RecallReason.UNSPECIFIED, description="Told to everybody who is asked; it is all they are told."
    )
    history: bool = Field(
        False, description="Also recall the earlier messages that it updated, corrected or superseded."
    )


_BODY = {
    "type": "object",
    "description": RecallRequest.__doc__,
    "additionalProperties": False,
    "properties": {
        "reason": {
            "type": "string",
            "enum": [reason.value for reason in RecallReason],
            "default": RecallReason.UNSPECIFIED.value,
            "description": RecallRequest.model_fields["reason"].description,
        },
        "history": {
            "type": "boolean",
            "default": False,
            "description": RecallRequest.model_fields["history"].description,
        },
    },
}


class RecallNationView(Statement):
    """One nation that may have a copy, what it was asked and what it answered."""

    nation: Nation
    publication_id: Uuid
    message_id: Uuid7
    digest: Digest
    mode: Mode
    asked_at: UtcTime
    asked_count: int = Field(description="How often it was asked; again by itself until it answers.")
    request: str = Field(
        description="The last request's state: queued, sent, delivered, refused or withheld. Only an outcome "
        "says that it was followed.",
        json_schema_extra={"enum": [*sorted(set(SHOWN.values()))]},
    )
    confirm_by: UtcTime
    overdue: bool = Field(description="It has not confirmed by then: call them.")
    outcome: RecallOutcome | None = Field(None, description="As its gateway signed; absent until it did.")
    already_read: bool | None = Field(
        None,
        description="Whether a person there had opened or answered it before; absent where that nation keeps "
        "it to itself, and where it was not held.",
    )
    confirmed_at: UtcTime | None = Field(None, description="When it was withdrawn there, as signed.")
    recorded_at: UtcTime | None = Field(None, description="When the first answer was recorded here.")


class RecallNeverSentView(Statement):
    """A copy that never left this gateway, and now never will."""

    nation: Nation
    publication_id: Uuid
    message_id: Uuid7
    reason: C | None = None


class RecallView(Statement):
    """A recall, with everybody who may have a copy."""

    publication_id: Uuid
    recalled_at: UtcTime
    reason: RecallReason
    recalled_by: str = Field(description="api-key:<id> or operator:<name>.")
    because_of: Uuid = Field(description="The publication that was named to be recalled.")
    notice: str = Field(description="What a recall does not do.")
    publications: tuple[Uuid, ...] = Field(
        description="Everything recalled with it: itself, its backfilled copies, its history where wanted."
    )
    nations: tuple[RecallNationView, ...]
    never_sent: tuple[RecallNeverSentView, ...]


class _Found(NamedTuple):
    reached: tuple[RecallRow, ...]
    asked: tuple[Asked, ...]
    never_sent: tuple[NeverSent, ...]


@router.post(
    "/{publication_id}/recall",
    status_code=202,
    summary="Recall a publication: every copy, everywhere.",
    responses=answers(
        202,
        RecallView,
        "Recalled, for good: nothing more of it leaves, and who may have it is being asked. " + NOTICE,
        (*BODY, C.NOT_FOUND),
    ),
    openapi_extra=json_body(_BODY, {"released in error": {"value": {"reason": "RELEASED_IN_ERROR"}}}),
)
async def recall_message(request: Request, publication_id: PublicationId) -> Response:
    """All versions and all backfilled copies; not undone by anything. Doing it again changes nothing more.

    A recall cannot un-send: it reaches gateways, not people and not what they took over.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.MESSAGES_RECALL)
    try:
        raw = await read_json_body(request, max_bytes=MAX_BODY, within=gateway.settings.body_timeout_seconds)
        given = parse_model(RecallRequest, raw, MAX_BODY)
        await recall(
            gateway.context,
            WantedRecall(publication_id, given.reason, given.history, caller.actor, caller.sees),
        )
    except JsonRefused as refused:
        raise refused_json(refused) from None
    except RecallRefused as refused:
        await gateway.access.record_refusal(request, refused.code)
        raise ApiRefused(refused.code, refused.detail, pointer=refused.pointer) from None
    return statement_response(await _view(gateway, caller, publication_id), 202)


@router.get(
    "/{publication_id}/recall",
    summary="Show a recall: who was asked, who confirmed, who had read it.",
    responses=answers(200, RecallView, "The recall, nation by nation.", (C.NOT_FOUND,)),
)
async def show_recall(request: Request, publication_id: PublicationId) -> Response:
    """Of a publication that is not recalled there is none: NOT_FOUND."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.MESSAGES_READ)
    return statement_response(await _view(gateway, caller, publication_id))


async def _view(gateway: Runtime, caller: Caller, publication_id: str) -> RecallView:
    def look(tx: Transaction) -> _Found | None:
        found = recalls.find(tx, publication_id)
        if found is None:
            return None
        reached = recalls.reached_by(tx, found.publication_seq)
        reached = tuple(row for row in reached if caller.sees(row.kind, row.mode))
        seqs = [row.publication_seq for row in reached]
        return _Found(reached, recall_asked.asked_of(tx, seqs), recalls.never_sent(tx, seqs))

    found = await gateway.context.store.read(look)
    own = [row for row in found.reached if row.publication_id == publication_id] if found else []
    if found is None or not own:
        raise ApiRefused(C.NOT_FOUND)
    now = gateway.context.now()
    return RecallView.model_construct(
        publication_id=publication_id,
        recalled_at=own[0].at,
        reason=own[0].reason,
        recalled_by=own[0].recalled_by,
        because_of=own[0].because_of,
        notice=NOTICE,
        publications=tuple(row.publication_id for row in found.reached),
        nations=tuple(_nation(asked, now) for asked in found.asked),
        never_sent=tuple(RecallNeverSentView.model_construct(**row._asdict()) for row in found.never_sent),
    )


def _nation(asked: Asked, now: datetime) -> RecallNationView:
    said = asked.confirmation
    return RecallNationView.model_construct(
        nation=asked.nation,
        publication_id=asked.publication_id,
        message_id=asked.message_id,
        digest=asked.digest,
        mode=asked.mode,
        asked_at=asked.asked_at,
        asked_count=asked.asked_count,
        request=SHOWN[asked.delivery_state],
        confirm_by=asked.confirm_by,
        overdue=said is None and now >= asked.confirm_by,
        outcome=None if said is None else said.outcome,
        already_read=None if said is None else said.already_read,
        confirmed_at=None if said is None else said.at,
        recorded_at=asked.noted_at,
    )
