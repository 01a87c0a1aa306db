"""A realm's newer documents at a gateway whose nation countersigned its agreements, in one commit.

In earnest each gateway countersigns what it has read; consent in its own name never comes in from elsewhere.
"""

from collections.abc import Sequence

from bus.protocol.trust import TrustStore
from bus.store.writer import Transaction
from gateways.agreements.passing_on import pass_on
from gateways.agreements.signing_anew import sign_anew
from gateways.context import GatewayContext
from gateways.stored_trust import put_in_force, stored_trust


async def bring_agreed(context: GatewayContext, envelopes: Sequence[bytes]) -> None:
    """Put these documents and countersignatures in force, our own as if made here, and pass them on."""
    now = context.now()
    evidence = context.evidence("test", now)

    def job(tx: Transaction) -> TrustStore:
        current = stored_trust(context, tx)
        updated = put_in_force(context, tx, current, current.updated(envelopes), evidence, now)
        updated = sign_anew(context, tx, updated, evidence, now) or updated
        pass_on(context, tx, updated, current.envelopes, now)
        evidence.write(tx)
        return updated

    context.adopt(await context.store.write(job))
