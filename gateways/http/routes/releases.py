"""Releases that wait for a second person: listing them, confirming one, refusing one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import Field
from pydantic_core import to_json

from bus.store import pending, publications
from bus.store.deliveries import Waiting
from bus.store.pending import WaitingRelease
from bus.store.publications import PublicationDetail
from bus.store.writer import Transaction
from gateways.http.caller import Caller, of_operator, require_fresh
from gateways.http.limits import read_json_body
from gateways.http.problems import ApiRefused, refused_json
from gateways.http.publication_views import PublicationDetailView, publication_detail
from gateways.http.reading import own_reading
from gateways.http.routes.answers import (
    BODY,
    GUARDED,
    After,
    Limit,
    json_body,
    json_response,
    problems,
)
from gateways.http.routes.one_publication import seen_publication, shown_publication
from gateways.http.runtime import Runtime, runtime
from gateways.operators.roles import OperatorRight
from gateways.operators.sessions import SessionEnded
from gateways.relaying.redecision import Redecision
from gateways.releasing.not_released import NotReleased
from gateways.releasing.second_person import Word, is_over, release_digest, take_word
from schemas.base import Digest, Nation, ParagraphText, Statement, Uuid
from schemas.reasons import ReasonCode as C
from schemas.strict_json import JsonRefused, parse_model

router = APIRouter(prefix="/v1", tags=["releases"])

MAX_BODY = 16 * 1024
_OPERATOR: dict[str, list[dict[str, list[str]]]] = {"security": [{"operator": []}]}
RIGHT = OperatorRight.RELEASE_CONFIRM


class ReleaseVerdict(StrEnum):
    """What a second person may say."""

    CONFIRM = "confirm"
    REFUSE = "refuse"


class ReleaseWord(Statement):
    """A second person's word on exactly what they read."""

    digest: Digest = Field(description="release_digest as GET /v1/releases shows it.")
    decision: ReleaseVerdict
    note: ParagraphText | None = Field(None, description="For the author; not sent, not in the audit log.")


_BODY = {
    "type": "object",
    "description": ReleaseWord.__doc__,
    "additionalProperties": False,
    "required": ["digest", "decision"],
    "properties": {
        "digest": {"type": "string", "description": "release_digest as GET /v1/releases shows it."},
        "decision": {"type": "string", "enum": [verdict.value for verdict in ReleaseVerdict]},
        "note": {"type": "string", "maxLength": 2000},
    },
}


class DecisionNow(Statement):
    """The decision for a nation whose copy waits, as confirming would make it at this moment."""

    nation: Nation
    permit: bool
    code: C
    explanation: str


class WaitingReleaseView(PublicationDetailView):
    """A publication that waits, with everything a second person reads before they decide."""

    author: str = Field(description="An API key's id, or operator:<name>.")
    release_digest: Digest = Field(description="Give it with your word: it names exactly what is shown here.")
    decisions_now: tuple[DecisionNow, ...]


class ReleasePage(Statement):
    """Releases that wait, oldest first. A page may hold fewer than asked for; ``next``: whether to go on."""

    items: tuple[WaitingReleaseView, ...]
    next: int | None = Field(None, description="Give it as after= for the next page.")


@dataclass(frozen=True, slots=True)
class _Row:
    waiting: WaitingRelease
    stored: PublicationDetail
    contents: dict[int, bytes]
    deliveries: tuple[Waiting, ...]


def _row(tx: Transaction, found: WaitingRelease) -> _Row:
    stored = publications.get(tx, found.publication_id)
    assert stored is not None
    return _Row(found, stored, pending.contents(tx, found.wait), pending.held_back(tx, found.wait))


@router.get(
    "/releases",
    summary="List the releases that wait for a second person.",
    responses={
        200: {"model": ReleasePage, "description": "What waits, with message and decision table."},
        **problems(*GUARDED, C.OPERATOR_ONLY, C.ROLE_MISSING),
    },
    openapi_extra=_OPERATOR,
)
async def list_releases(request: Request, after: After = 0, limit: Limit = 50) -> Response:
    """Each with the exact message, the decisions of its acceptance, and what they would be now."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, RIGHT)

    def look(tx: Transaction) -> list[_Row]:
        return [_row(tx, found) for found in pending.waiting(tx, after=after, limit=limit)]

    now = gateway.context.now()
    rows = await gateway.context.store.read(look)
    shown = [
        _entry(gateway, now, row)
        for row in rows
        if caller.sees(row.stored.publication.kind, row.stored.publication.mode)
        and not is_over(row.waiting.wait, now)
    ]
    following = b"" if len(rows) < limit else b',"next":%d' % rows[-1].waiting.wait.publication_seq
    return json_response(b'{"items":[%b]%b}' % (b",".join(shown), following))


@router.post(
    "/messages/{publication_id}/release",
    summary="Confirm or refuse a release that waits for a second person.",
    responses={
        200: {"model": PublicationDetailView, "description": "Done: the publication as it stands now."},
        **problems(
            *GUARDED,
            *BODY,
            *(C.OPERATOR_ONLY, C.ROLE_MISSING, C.SIGN_IN_NOT_FRESH, C.NOT_FOUND),
            *(C.RELEASE_NOT_WAITING, C.RELEASE_OWN_DRAFT, C.RELEASE_DIGEST_MISMATCH, C.RELEASE_NOT_CONFIRMED),
            *(C.MINIMIZE_IN_FORCE, C.TRUST_STALE, C.QUEUE_FULL, C.REQUEST_TRANSITION_ILLEGAL),
            *(C.CHANGE_NOT_CURRENT, C.RECALLED),
        ),
    },
    openapi_extra=_OPERATOR | json_body(_BODY),
)
async def decide_release(
    request: Request,
    publication_id: Annotated[Uuid, Path(description="As POST /v1/messages answered.")],
) -> Response:
    """By an operator other than the author, who gave the password a short time ago.

    Confirming decides anew for every nation and queues what is still permitted; the rest is withheld.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, RIGHT)
    try:
        _fresh(gateway, caller, gateway.context.now())
        raw = await read_json_body(request, max_bytes=MAX_BODY, within=gateway.settings.body_timeout_seconds)
        given = parse_model(ReleaseWord, raw, MAX_BODY)
        await seen_publication(gateway, caller, publication_id)
        await _take(gateway, caller, publication_id, given)
    except JsonRefused as refused:
        raise refused_json(refused) from None
    except ApiRefused as refused:
        await gateway.access.record_refusal(request, refused.code)
        raise
    return await shown_publication(gateway, caller, publication_id)


async def _take(gateway: Runtime, caller: Caller, publication_id: str, given: ReleaseWord) -> None:
    word = Word(
        publication_id=publication_id,
        digest=given.digest,
        confirm=given.decision is ReleaseVerdict.CONFIRM,
        note=given.note,
        by=caller.actor,
    )

    def still_may(tx: Transaction, now: datetime) -> None:
        """They may have been disabled, or lost the role, since this request was let in."""
        signed_in = caller.signed_in
        assert signed_in is not None
        try:
            again = of_operator(gateway.sessions.still(tx, signed_in, now))
        except SessionEnded:
            raise ApiRefused(C.CREDENTIALS_INVALID) from None
        if RIGHT.value not in again.rights:
            raise ApiRefused(C.ROLE_MISSING)
        _fresh(gateway, again, now)

    try:
        await take_word(gateway.context, word, still_may)
    except NotReleased as refused:
        headers = {"Retry-After": "5"} if refused.code is C.QUEUE_FULL else None
        raise ApiRefused(
            refused.code, refused.detail, pointer=refused.pointer, headers=headers, legal=refused.legal
        ) from None


def _fresh(gateway: Runtime, caller: Caller, now: datetime) -> None:
    require_fresh(caller, timedelta(minutes=gateway.settings.release_fresh_minutes), now)


def _entry(gateway: Runtime, now: datetime, row: _Row) -> bytes:
    """A ``WaitingReleaseView`` as JSON: the publication in full, and what deciding on it needs."""
    redecision = Redecision(gateway.context, row.contents, now)
    decided = [redecision.of(delivery) for delivery in row.deliveries]
    more = {
        "author": row.waiting.author,
        "release_digest": release_digest(tuple(row.contents.values())),
        "decisions_now": [
            {
                "nation": decision.nation,
                "permit": decision.permit,
                "code": decision.code.value,
                "explanation": decision.explanation,
            }
            for decision in decided
        ],
    }
    reading = own_reading(gateway.context)
    shown = publication_detail(row.stored, now, row.waiting.wait, reading=reading, with_content=True)
    return shown[:-1] + b"," + to_json(more)[1:]
