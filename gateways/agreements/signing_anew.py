"""This nation's standing acts, signed anew with its current key: no agreement lapses with a key for long.

Only acts that this gateway holds as its own are signed, and none of those comes in over the wire: a thief of
the old key gets nothing countersigned with the new one.
"""

import contextlib
from datetime import datetime

from bus.keystore import KeyFileError
from bus.nation_office import agreement_act
from bus.protocol.errors import TrustError
from bus.protocol.signing import Signer
from bus.protocol.standings import AgreementState, AgreementTrust, VerifiedAct
from bus.protocol.trust import TrustStore
from bus.store.writer import Transaction
from gateways.agreements.passing_on import pass_on
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.keeper import LOOK_SECONDS, Ending, Keeper
from gateways.stored_trust import put_in_force, stored_trust
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse

ACTOR = "gateway"
OVER = frozenset({AgreementState.EXPIRED, AgreementState.SUPERSEDED})


def act_signer(context: GatewayContext, trust: TrustStore, now: datetime) -> Signer:
    """The signer that partners take for current. TrustError KEY_UNKNOWN when we have not got its key."""
    entry = trust.current_key(context.nation, KeyUse.MESSAGE, Mode.OPERATION, now)
    try:
        return context.keys.signer(KeyUse.MESSAGE, Mode.OPERATION, entry.kid)
    except KeyFileError:
        raise TrustError(
            ReasonCode.KEY_UNKNOWN, "the key file lacks the key that the nation's record names"
        ) from None


def next_number(trusted: AgreementTrust, nation: str) -> int:
    """The number of a nation's next act on an agreement."""
    return max((each.act.number for each in trusted.acts.get(nation, ())), default=0) + 1


def _due(
    context: GatewayContext, trust: TrustStore, kid: str, now: datetime
) -> list[tuple[AgreementTrust, VerifiedAct]]:
    """Our standing acts that are signed with another key than this one."""
    found = []
    for trusted in trust.agreements_of.get(context.nation, ()):
        acts = trusted.acts.get(context.nation, ())
        if acts and trusted.state(now) not in OVER and all(each.kid != kid for each in acts):
            found.append((trusted, acts[0]))
    return found


def sign_anew(
    context: GatewayContext, tx: Transaction, trust: TrustStore, evidence: Evidence, now: datetime
) -> TrustStore | None:
    """Sign our standing acts with the current key and store that; None when nothing is or can be signed.

    The caller passes them on, commits and adopts.
    """
    try:
        signer = act_signer(context, trust, now)
    except TrustError:
        return None
    acts = [
        agreement_act(
            trusted.agreement,
            trusted.digest,
            context.nation,
            standing.act.act,
            signer,
            number=next_number(trusted, context.nation),
            now=now,
        ).envelope
        for trusted, standing in _due(context, trust, signer.kid, now)
    ]
    if not acts:
        return None
    return put_in_force(context, tx, trust, trust.updated(acts), evidence, now)


def act_keeper(context: GatewayContext) -> Keeper:
    """Signs anew whenever trust or keys change, and as time makes another key current."""

    async def look(_ending: Ending) -> float:
        await _sign_due(context)
        return LOOK_SECONDS

    return Keeper(context, "acts on agreements", look, wake=context.acts_wanted)


async def _sign_due(context: GatewayContext) -> None:
    now = context.now()
    with contextlib.suppress(TrustError):
        if not _due(context, context.trust, act_signer(context, context.trust, now).kid, now):
            return
        evidence = context.evidence(ACTOR, now)

        def job(tx: Transaction) -> TrustStore | None:
            current = stored_trust(context, tx)
            updated = sign_anew(context, tx, current, evidence, now)
            if updated is not None:
                pass_on(context, tx, updated, current.envelopes, now)
                evidence.write(tx)
            return updated

        updated = await context.store.write(job)
        if updated is not None:
            context.adopt(updated)
