"""Every check of a well-formed draft, and the release decision: what publishing would send to whom.

Nothing is written; what it rests on in the store is looked at again where it is accepted.
"""

from dataclasses import replace
from datetime import datetime
from functools import partial

from bus.protocol.errors import ReleaseRefused
from bus.protocol.label_rollup import NOBODY, bounds_of
from bus.protocol.release import plan_release
from bus.protocol.succession import CHANGES
from bus.protocol.tear_lines import TearLinePlan, VersionPlan, plan_versions, version_pointer
from bus.store import inbox, own_messages, recalls
from bus.store.own_messages import OwnReference
from bus.store.writer import Transaction
from gateways.changing.chains import (
    ChainChanged,
    Change,
    chains_of,
    check_narrowing,
    shares_of,
    without_nothing,
)
from gateways.context import GatewayContext
from gateways.publishing.carrying import Carried, check_carried
from gateways.publishing.draft_checks import (
    Known,
    KnownMessage,
    check_key,
    check_own_references,
    check_references,
    check_times,
    findings_of,
)
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.minimize import check_minimize
from gateways.publishing.planned import Planned
from gateways.publishing.request_acts import check_answers
from schemas.header import DraftHeader
from schemas.message import AnyDraft, label_of
from schemas.wire import Handling


async def plan(context: GatewayContext, draft: AnyDraft, now: datetime, *, operator: bool = False) -> Planned:
    """Every check and the release decision, without publishing anything. Raises DraftRefused.

    ``operator``: whether a person hands it in, who may have read what is displayed only.
    """
    header = draft.header
    check_times(header, now)
    check_minimize(header.precedence, header.mode, context.minimize, now)
    findings = findings_of(draft, now)
    known: Known = await known_messages(context, header) if header.references else {}
    check_references(header, known, context.nation, by_operator=operator)
    chains = await read_chains(context, header)
    try:
        made = _plan_versions(context, draft, now)
        carried = (
            [_carried(context, version, known, now) for version in made.versions] if header.references else []
        )
    except ReleaseRefused as refused:
        raise DraftRefused.from_release(refused) from None
    shares = shares_of(chains, made.plan.recipients) if chains else {}
    made = without_nothing(made, shares)
    check_own_references(header, known, made.plan.recipients)
    await check_answers(context, draft, made.versions, now)
    check_narrowing(chains, shares, confirmed=draft.confirm_narrowing)
    suite = check_key(context.trust, context.nation, header.mode, now)
    told = (*findings, *made.findings, *(finding for each in carried for finding in each.findings))
    change = Change(chains, shares) if chains else None
    suggested = carried[0].suggested if carried else None
    return Planned(draft, made.plan, told, suite, made.versions, suggested, change)


async def read_chains(context: GatewayContext, header: DraftHeader) -> tuple[ChainChanged, ...]:
    """What a draft changes of our own, as it is now. Raises DraftRefused as ``chains_of`` does."""
    if not any(reference.relation in CHANGES for reference in header.references):
        return ()
    return await context.store.read(partial(chains_of, header=header, nation=context.nation))


def _carried(context: GatewayContext, version: VersionPlan, known: Known, now: datetime) -> Carried:
    """What one version may carry on of what it refers to. Raises ReleaseRefused."""
    plan = version.plan
    try:
        found = check_carried(
            version.header,
            plan.label,
            plan.rows,
            known,
            author=context.nation,
            trust=context.trust,
            now=now,
        )
    except ReleaseRefused as refused:
        pointer = version_pointer(refused.pointer, version.version)
        raise ReleaseRefused(refused.code, refused.detail, refused.name, pointer) from None
    return Carried(
        found.suggested,
        tuple(
            replace(each, pointer=version_pointer(each.pointer, version.version)) for each in found.findings
        ),
    )


def _plan_versions(context: GatewayContext, draft: AnyDraft, now: datetime) -> TearLinePlan:
    """Which nation gets which version; a draft without tear lines has one. Raises ReleaseRefused."""
    header, nation, trust = draft.header, context.nation, context.trust
    if draft.tear_lines:
        versions = [(version.subject, version.label) for version in draft.versions]
        return plan_versions(header, versions, originator=nation, trust=trust, now=now)
    only = plan_release(header, draft.label, originator=nation, trust=trust, now=now)
    return TearLinePlan(only, (VersionPlan(0, 0, header, only),), ())


async def known_messages(context: GatewayContext, header: DraftHeader) -> Known:
    """What the store knows of the messages that a draft refers to."""

    def look(tx: Transaction) -> dict[tuple[str, str], KnownMessage]:
        found: dict[tuple[str, str], KnownMessage] = {}
        for reference in header.references:
            origin, message_id, digest = reference.originator, reference.message_id, reference.digest
            message = (
                own_messages.reference(tx, message_id)
                if origin == context.nation
                else inbox.reference(tx, origin, message_id, digest)
            )
            if message is None:
                continue
            may_know, known_digest, handling = None, digest, Handling.RELEASE
            if isinstance(message, OwnReference):
                may_know, known_digest = message.may_know, message.digest
                recalled = bool(recalls.among(tx, [message.publication_id]))
            else:
                handling, recalled = message.handling, message.recalled
            # Of what partners recalled there is no label left, and nothing may refer to it.
            bounds = bounds_of(label_of(message.content), origin) if message.content else NOBODY
            found[origin, message_id] = KnownMessage(
                origin,
                known_digest,
                message.mode,
                message.exercise_id,
                message.release_set,
                bounds,
                handling,
                may_know,
                recalled,
            )
        return found

    return await context.store.read(look)


def recalled_since(tx: Transaction, header: DraftHeader, nation: str) -> int | None:
    """The number of a reference to a message that was recalled, as it is now: what was looked at before a
    transaction may have been recalled until then."""
    for index, reference in enumerate(header.references):
        if reference.originator == nation:
            own = own_messages.reference(tx, reference.message_id)
            recalled = own is not None and bool(recalls.among(tx, [own.publication_id]))
        else:
            theirs = inbox.reference(tx, reference.originator, reference.message_id, reference.digest)
            recalled = theirs is not None and theirs.recalled
        if recalled:
            return index
    return None
