"""What this nation does about agreements: propose, countersign, suspend, resume, leave (design 5, 10).

Each is one commit: the paper, in force here at once, queued for the other parties, and its evidence.
"""

from collections.abc import Callable
from datetime import datetime

from bus.authority import issue
from bus.nation_office import agreement_act
from bus.protocol.classification import classification_known
from bus.protocol.errors import ProtocolError
from bus.protocol.standings import AgreementState, AgreementTrust, Standing
from bus.protocol.trust import TrustStore
from bus.store.writer import Transaction
from gateways.agreements.passing_on import pass_on
from gateways.agreements.signing_anew import act_signer, next_number
from gateways.agreements.taking_in import MAX_PROPOSAL_BYTES, OPEN_PROPOSALS
from gateways.context import GatewayContext
from gateways.stored_trust import put_in_force, stored_trust
from schemas.agreement import ActKind, Agreement, AgreementDraft
from schemas.reasons import ReasonCode


class AgreementRefused(ProtocolError):
    """This nation may not do that; ``pointer`` is the JSON pointer into what was asked, "" for all of it."""

    def __init__(self, code: ReasonCode, detail: str = "", pointer: str = "") -> None:
        super().__init__(code, detail or code.explanation)
        self.pointer = pointer


async def propose(context: GatewayContext, draft: AgreementDraft, *, actor: str) -> str:
    """Propose an agreement to its other parties, countersigned by us; its digest.

    Raises AgreementRefused, TrustError KEY_UNKNOWN when we cannot sign, StoreUnavailable.
    """

    def papers(trust: TrustStore, now: datetime) -> tuple[str, list[bytes]]:
        _check_draft(context.nation, draft, trust, now)
        signer = act_signer(context, trust, now)
        fields = {name: getattr(draft, name) for name in AgreementDraft.model_fields}
        agreement = Agreement(
            type="agreement", v=1, realm=context.realm, proposed_by=context.nation, **fields
        )
        proposal = issue(agreement, (signer,))
        if len(agreement.encode()) > MAX_PROPOSAL_BYTES:
            raise AgreementRefused(
                ReasonCode.BODY_TOO_LARGE, f"an agreement is at most {MAX_PROPOSAL_BYTES} bytes"
            )
        act = agreement_act(
            agreement, proposal.digest, context.nation, ActKind.COUNTERSIGN, signer, number=1, now=now
        )
        return proposal.digest, [proposal.envelope, act.envelope]

    return await _commit(context, papers, actor)


async def act(context: GatewayContext, digest: str, kind: ActKind, *, actor: str) -> str:
    """Do one act on the agreement with this digest; the digest.

    Raises AgreementRefused, TrustError KEY_UNKNOWN when we cannot sign, StoreUnavailable.
    """

    def papers(trust: TrustStore, now: datetime) -> tuple[str, list[bytes]]:
        trusted = trust.book.by_digest.get(digest)
        if trusted is None or context.nation not in trusted.parties:
            raise AgreementRefused(ReasonCode.NOT_FOUND)
        _check_act(context.nation, kind, trusted, trust, now)
        signed = agreement_act(
            trusted.agreement,
            digest,
            context.nation,
            kind,
            act_signer(context, trust, now),
            number=next_number(trusted, context.nation),
            now=now,
        )
        return digest, [signed.envelope]

    return await _commit(context, papers, actor)


async def _commit(
    context: GatewayContext,
    papers: Callable[[TrustStore, datetime], tuple[str, list[bytes]]],
    actor: str,
) -> str:
    now = context.now()
    evidence = context.evidence(actor, now)

    def job(tx: Transaction) -> tuple[str, TrustStore]:
        current = stored_trust(context, tx)
        digest, made = papers(current, now)
        updated = put_in_force(context, tx, current, current.updated(made), evidence, now)
        pass_on(context, tx, updated, current.envelopes, now)
        evidence.write(tx)
        return digest, updated

    digest, updated = await context.store.write(job)
    context.adopt(updated)
    return digest


def _check_draft(me: str, draft: AgreementDraft, trust: TrustStore, now: datetime) -> None:
    if me not in draft.parties:
        raise AgreementRefused(
            ReasonCode.AGREEMENT_NOT_PARTY, "who proposes an agreement is a party to it", "/parties"
        )
    for index, nation in enumerate(draft.parties):
        if nation not in trust.nations:
            raise AgreementRefused(
                ReasonCode.NATION_UNKNOWN, f"the realm does not know {nation}", f"/parties/{index}"
            )
    for index, ceiling in enumerate(draft.highest):
        if not classification_known(ceiling.policy, ceiling.classification, trust):
            raise AgreementRefused(ReasonCode.CLASSIFICATION_UNKNOWN, "", f"/highest/{index}")
    if draft.not_after <= now:
        raise AgreementRefused(
            ReasonCode.TIME_INVALID, "the agreement would have ended already", "/not_after"
        )
    # What others only proposed takes no id: else a partner could take any that we are about to use.
    taken = [trusted.agreement for trusted in trust.book.by_digest.values() if trusted.concerns(me)]
    if any(known.id == draft.id and known.version >= draft.version for known in taken):
        raise AgreementRefused(ReasonCode.AGREEMENT_VERSION_TAKEN, "", "/version")
    open_ones = [
        trusted
        for trusted in trust.book.by_digest.values()
        if trusted.agreement.proposed_by == me and trusted.awaits_parties(now)
    ]
    if len(open_ones) >= OPEN_PROPOSALS:
        raise AgreementRefused(
            ReasonCode.AGREEMENT_QUOTA, f"{OPEN_PROPOSALS} proposals of ours are open already"
        )


def _check_act(me: str, kind: ActKind, trusted: AgreementTrust, trust: TrustStore, now: datetime) -> None:
    mine = trusted.standings[me]
    if mine is Standing.LEFT:
        raise AgreementRefused(ReasonCode.AGREEMENT_LEFT)
    if kind is ActKind.COUNTERSIGN:
        _check_countersigning(me, trusted, trust, now)
    elif mine is Standing.MISSING:
        raise AgreementRefused(ReasonCode.AGREEMENT_NOT_COUNTERSIGNED, "we have not countersigned it")
    done = {
        ActKind.COUNTERSIGN: {Standing.AGREED, Standing.SUSPENDED},
        ActKind.SUSPEND: {Standing.SUSPENDED},
        ActKind.RESUME: {Standing.AGREED, Standing.LAPSED},
        ActKind.LEAVE: set(),
    }
    if mine in done[kind]:
        raise AgreementRefused(ReasonCode.ALREADY_DONE, f"our standing on it is {mine.value}")


def _check_countersigning(me: str, trusted: AgreementTrust, trust: TrustStore, now: datetime) -> None:
    """Never two digests under one id and version, and nothing that cannot come into force any more."""
    agreement = trusted.agreement
    for other in trust.book.by_digest.values():
        same = (other.agreement.id, other.agreement.version) == (agreement.id, agreement.version)
        if same and other.digest != trusted.digest and other.acts.get(me):
            raise AgreementRefused(
                ReasonCode.AGREEMENT_VERSION_TAKEN, "we countersigned another text under this id and version"
            )
    over = {
        AgreementState.SUPERSEDED: ReasonCode.AGREEMENT_SUPERSEDED,
        AgreementState.LEFT: ReasonCode.AGREEMENT_LEFT,
        AgreementState.EXPIRED: ReasonCode.AGREEMENT_NOT_IN_FORCE,
    }.get(trusted.state(now))
    if over is not None:
        raise AgreementRefused(over)
