"""The end of a bundle that our own code fails to file: refused, so that it stops nobody else's."""

from bus.protocol.errors import SubjectError
from bus.protocol.subjects import Subject
from bus.store import held
from bus.store.held import Held
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.receiving.ledger import Ledger
from gateways.receiving.mail import Filed, OpenedMail
from schemas.reasons import ReasonCode


def refuse_unfilable(
    context: GatewayContext, tx: Transaction, mail: OpenedMail, again: Held | None = None
) -> Filed:
    """Refuse a bundle that our own code fails to file, as INTERNAL_FAULT: its originator sends it again.

    ``again``: the bundle was held, and is no longer.
    """
    filed = Filed(end="term")
    ledger = Ledger(context, tx, mail, filed, context.now(), again=again is not None)
    try:
        place = Subject.parse(mail.subject)
    except SubjectError:
        place = None
    ledger.reject(place, ReasonCode.INTERNAL_FAULT)
    ledger.write()
    if again is not None:
        held.discharge(tx, [again.held_seq])
    return filed
