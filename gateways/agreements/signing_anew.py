"""This nation's standing acts, signed anew with its current key: no agreement lapses with a key for long.

Only acts that this gateway holds as its own are signed, and none of those comes in over the wire: a thief of
the old key gets nothing countersigned with the new one.
"""

import asyncio
import contextlib
import logging
from datetime import datetime

from bus.keystore import KeyFileError
from bus.nation_office import agreement_act
from bus.protocol.errors import TrustError
from bus.protocol.signing import Signer
from bus.protocol.standings import AgreementState, AgreementTrust, VerifiedAct
from bus.protocol.trust import TrustStore
from bus.store.errors import StoreError
from bus.store.writer import Transaction
from gateways.agreements.passing_on import pass_on
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.stored_trust import put_in_force, stored_trust
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse

ACTOR = "gateway"
LOOK_SECONDS = 15.0
OVER = frozenset({AgreementState.EXPIRED, AgreementState.SUPERSEDED})

_log = logging.getLogger(__name__)


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


class ActKeeper:
    """Signs anew whenever trust or keys change, and as time makes another key current; until ``stop``."""

    def __init__(self, context: GatewayContext) -> None:
        self._context = context
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the background, with a first look."""
        self._context.acts_wanted.set()
        self._task = asyncio.create_task(self._run(), name=f"acts {self._context.nation}")

    async def stop(self) -> None:
        """End after what is in hand."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        context = self._context
        while True:
            # Not wait_for: where the event comes with the cancellation, Python 3.11's would swallow that.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await context.acts_wanted.wait()
            context.acts_wanted.clear()
            try:
                await self._look()
            except StoreError as error:
                _log.warning("acts on agreements wait for the store: %s", type(error).__name__)
                context.counters.storage_faults += 1
            except Exception:  # noqa: BLE001 - logged with its trace; tried again at the next look
                _log.exception("signing acts anew failed")
                context.counters.alarm_faults += 1

    async def _look(self) -> None:
        context, now = self._context, self._context.now()
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
