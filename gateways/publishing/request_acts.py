"""What a draft does to information requests: an illegal answer is refused as a draft is."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from bus.protocol.requests import ASKED_ACTS, SignedAct
from bus.protocol.tear_lines import VersionPlan, version_pointer
from bus.store import requests
from bus.store.new_publications import NewPublication
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.planned import Planned
from gateways.requests.acts_in_messages import ACT_OF_STATE
from gateways.requests.noting import CONCERNED, OwnMessage, check_released, note_released
from gateways.requests.standing import TransitionIllegal, check_legal
from schemas.header import Kind, Reference, Relation
from schemas.information_response import InformationResponse, ResponseState
from schemas.message import AnyDraft
from schemas.reasons import ReasonCode


def note_requests(
    context: GatewayContext,
    tx: Transaction,
    publication_seq: int,
    new: NewPublication,
    planned: Planned,
    *,
    waits: bool,
) -> None:
    """Note, in the transaction that accepts a publication, what it does to requests.

    ``waits``: for a second person; then it is only looked whether it would be legal. Raises DraftRefused
    REQUEST_TRANSITION_ILLEGAL.
    """
    if new.kind not in CONCERNED:
        return
    messages = [OwnMessage(each.digest, each.content, each.recipients) for each in new.versions]
    try:
        if waits:
            check_released(context, tx, new.kind, messages, new.accepted_at)
            return
        addressed = {row.nation: row.addressed for row in planned.plan.rows}
        note_released(context, tx, publication_seq, new.kind, messages, addressed, new.accepted_at)
    except TransitionIllegal as illegal:
        raise _refused(illegal) from None


async def check_answers(
    context: GatewayContext, draft: AnyDraft, versions: Sequence[VersionPlan], now: datetime
) -> None:
    """What can be said of a draft's answers before it is accepted, also for a preview.

    Raises DraftRefused REDIRECT_INVALID or REQUEST_TRANSITION_ILLEGAL.
    """
    if draft.header.kind is not Kind.INFORMATION_RESPONSE:
        return
    for version in versions:
        body = draft.versions[version.version].body
        assert isinstance(body, InformationResponse)
        redirected = body.state is ResponseState.REDIRECTED
        if redirected and (
            body.redirect_to == context.nation or body.redirect_to not in context.trust.nations
        ):
            code = ReasonCode.REDIRECT_INVALID
            pointer = version_pointer("/body/redirect_to", version.version)
            raise DraftRefused(code, pointer, code.explanation)
        act = SignedAct(now, "", ACT_OF_STATE[body.state])
        for reference in draft.header.references:
            if reference.relation is not Relation.REPLIES:
                continue
            if reference.originator in version.plan.recipients:
                look = partial(_check, nation=context.nation, reference=reference, act=act, now=now)
                try:
                    await context.store.read(look)
                except TransitionIllegal as illegal:
                    raise _refused(illegal, version.version) from None


def _check(tx: Transaction, *, nation: str, reference: Reference, act: SignedAct, now: datetime) -> None:
    party = requests.party(tx, reference.originator, reference.message_id, nation)
    if party is not None:
        check_legal(tx, party, act, ASKED_ACTS, now)


def _refused(illegal: TransitionIllegal, version: int = 0) -> DraftRefused:
    pointer = version_pointer("/body/state", version)
    code = ReasonCode.REQUEST_TRANSITION_ILLEGAL
    return DraftRefused(code, pointer, illegal.words, legal=illegal.legal)
