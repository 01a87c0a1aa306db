"""What a backfill would send, message by message, as of now: the list that is shown and confirmed."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Annotated

from pydantic import AfterValidator, Field

from bus.protocol.backfill import BackfillRow, LeftOut, OwnMessage, plan_backfill
from bus.protocol.errors import ReleaseRefused
from bus.protocol.succession import CHANGES
from bus.protocol.trust_documents import digest_of
from bus.store import backfills, recalls
from bus.store.backfills import OwnVersion
from bus.store.writer import Transaction
from gateways.backfill.refused import BackfillRefused
from gateways.context import GatewayContext
from gateways.http.label_views import banner_of
from gateways.http.signed_label import signed_label
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.planned import Planned
from gateways.publishing.planning import plan
from schemas.base import CommunityName, Digest, Nation, Statement, TitleText, UtcTime, Uuid, Uuid7, unique
from schemas.header import DraftHeader, Header, Kind, Mode, Precedence
from schemas.label import ConfidentialityLabel, DraftLabel
from schemas.message import DRAFT_MODELS, AnyDraft, AnyMessage, parse_message
from schemas.reasons import ReasonCode
from schemas.wire import Basis

MAX_MESSAGES = 200
"""Messages in one list; who wants more asks for a shorter time."""
MAX_OCTETS = 8 * 1024 * 1024
"""Octets of all of them, which one transaction takes."""


class BackfillRequest(Statement):
    """What is asked for: messages issued from ``since`` up to but not at ``until`` (now, unless given)."""

    community: CommunityName
    nation: Nation
    mode: Mode
    since: UtcTime
    until: UtcTime | None = None
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1), AfterValidator(unique)] | None = None


class BackfillItem(Statement):
    """One message that membership would have brought to the nation, and whether it is sent now."""

    publication_id: Uuid
    version: int = Field(description="Which version of the publication: 0 unless it has tear lines.")
    message_id: Uuid7
    digest: Digest
    kind: Kind
    issued_at: UtcTime
    subject: TitleText | None = Field(None, description="Its title. Not for auditors.")
    marking: str = Field(description="The banner of the label as it was issued.")
    label: DraftLabel = Field(description="The label that it goes out with.")
    sends: bool
    code: ReasonCode = Field(description="The decision of today, or why it cannot be published anew.")
    explanation: str
    basis: tuple[Basis, ...] = Field(description="The agreements that a permit rests on.")
    left_out: LeftOut | None = Field(None, description="Why it stays out although it is permitted.")


class BackfillList(Statement):
    """Exactly what a backfill sends. The digest of these bytes is what is confirmed."""

    community: CommunityName
    nation: Nation
    mode: Mode
    since: UtcTime
    until: UtcTime
    kinds: tuple[Kind, ...]
    items: tuple[BackfillItem, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list, what of it is ready to be published by message id, and up to which publication was looked.

    ``headers``: as the messages were issued.
    """

    listing: BackfillList
    planned: dict[str, Planned]
    headers: dict[str, Header]
    newest: int

    @property
    def digest(self) -> str:
        """The digest of the list."""
        return digest_of(self.listing.encode())


async def list_now(context: GatewayContext, asked: BackfillRequest, now: datetime) -> Listed:
    """What the backfill would send now.

    Raises BackfillRefused: COMMUNITY_UNKNOWN, NATION_UNKNOWN, NOT_IN_RELEASE_SET when it is no member,
    TRUST_STALE, BACKFILL_TOO_LARGE.
    """
    until, kinds = asked.until or now, asked.kinds or tuple(Kind)

    def look(
        tx: Transaction,
    ) -> tuple[tuple[OwnVersion, ...], frozenset[str], int, list[bytes], frozenset[str]]:
        found = backfills.released_to(
            tx,
            asked.community,
            asked.nation,
            mode=asked.mode,
            kinds=kinds,
            since=asked.since,
            until=until,
            limit=MAX_MESSAGES + 1,
        )
        return (
            _one_of_each(found),
            recalls.messages_among(tx, [each.message_id for each in found])
            | backfills.not_current(tx, asked.mode, asked.since),
            *backfills.replacing(tx, asked.mode, asked.since, 0),
            backfills.sent_before(tx, asked.nation),
        )

    versions, outdated, newest, changing, sent = await context.store.read(look)
    if len(versions) > MAX_MESSAGES or sum(len(each.content) for each in versions) > MAX_OCTETS:
        raise BackfillRefused(
            ReasonCode.BACKFILL_TOO_LARGE,
            f"a backfill lists at most {MAX_MESSAGES} messages and {MAX_OCTETS} bytes",
        )
    if context.trust.stale(now):
        raise BackfillRefused(ReasonCode.TRUST_STALE)
    messages = {each.message_id: parse_message(each.content) for each in versions}
    try:
        rows = plan_backfill(
            asked.community,
            asked.nation,
            [
                OwnMessage(message.header, message.label, each.digest)
                for each, message in zip(versions, messages.values(), strict=True)
            ],
            outdated | changed_by(context.nation, changing),
            originator=context.nation,
            trust=context.trust,
            now=now,
            sent=sent,
        )
    except ReleaseRefused as refused:
        raise BackfillRefused(refused.code, refused.detail) from None
    by_id = {row.message_id: row for row in rows}
    items: list[BackfillItem] = []
    planned: dict[str, Planned] = {}
    for _, of_one in groupby(versions, key=lambda each: each.publication_seq):
        fuller = False
        for own in of_one:
            row = by_id.get(own.message_id)
            if row is None:
                continue
            item, ready = await _item(context, own, messages[own.message_id], row, asked.nation, fuller, now)
            items.append(item)
            if ready is not None:
                planned[own.message_id] = ready
                fuller = True
            # Two hundred are planned in a tenth of a second: others get their turn in between.
            await asyncio.sleep(0)
    fields = {name: getattr(asked, name) for name in ("community", "nation", "mode", "since")}
    return Listed(
        BackfillList(**fields, until=until, kinds=kinds, items=tuple(items)),
        planned,
        {message_id: messages[message_id].header for message_id in planned},
        newest,
    )


def _one_of_each(found: tuple[OwnVersion, ...]) -> tuple[OwnVersion, ...]:
    """Of the messages of one version, which differ in what they refer to, the one that refers least."""
    first: dict[tuple[int, int], OwnVersion] = {}
    for each in found:
        first.setdefault((each.publication_seq, each.version), each)
    return tuple(first.values())


def changed_by(nation: str, contents: Iterable[bytes]) -> frozenset[str]:
    """Ids of our messages that these of ours cancel, supersede, correct or update: no news any more."""
    return frozenset(
        reference.message_id
        for content in contents
        for reference in parse_message(content).header.references
        if reference.relation in CHANGES and reference.originator == nation
    )


async def _item(
    context: GatewayContext,
    own: OwnVersion,
    message: AnyMessage,
    row: BackfillRow,
    nation: str,
    fuller: bool,
    now: datetime,
) -> tuple[BackfillItem, Planned | None]:
    draft = fresh_draft(message, nation)
    left_out = row.left_out or (LeftOut.FULLER_VERSION if fuller else None)
    code, explanation, ready = row.decision.code, row.decision.explanation, None
    if row.decision.permit and left_out is None:
        try:
            ready = await plan(context, draft, now)
        except DraftRefused as refused:
            code, explanation = refused.code, refused.explanation
    item = BackfillItem(
        publication_id=own.publication_id,
        version=own.version,
        message_id=own.message_id,
        digest=own.digest,
        kind=message.header.kind,
        issued_at=message.header.issued_at,
        subject=message.header.subject,
        marking=banner_of(signed_label(own.content)),
        label=draft.label,
        sends=ready is not None,
        code=code,
        explanation=explanation,
        basis=row.decision.basis,
        left_out=left_out,
    )
    return item, ready


def fresh_draft(message: AnyMessage, nation: str) -> AnyDraft:
    """The same subject and body for one nation alone, as a draft.

    ROUTINE: what is past is not urgent to handle. Without references, since those that it has lead to what
    the nation was never given; and nobody is asked to acknowledge what others did long ago.
    """
    header: DraftHeader = message.header
    label: ConfidentialityLabel = message.label
    kept = {name: getattr(label, name) for name in DraftLabel.model_fields}
    return DRAFT_MODELS[header.kind].of_valid(
        header=DraftHeader(
            kind=header.kind,
            precedence=Precedence.ROUTINE,
            mode=header.mode,
            exercise_id=header.exercise_id,
            effective_at=header.effective_at,
            expires_at=header.expires_at,
            action_addressees=(nation,),
            subject=header.subject,
            language=header.language,
        ),
        label=DraftLabel(**kept | {"releasable_to": (nation,), "display_only_to": ()}),
        body=message.body.as_first(),
    )
