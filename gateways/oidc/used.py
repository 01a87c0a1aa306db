"""Transactions that came back: each serves once. Bounded, in memory, as transactions are of one process."""

from collections import OrderedDict
from datetime import datetime

from gateways.oidc.errors import Fault, ProviderFailed, TransactionRefused
from gateways.oidc.transaction import Transaction

MOST_USED = 4096
"""More in ten minutes is no watch that signs in."""


class Used:
    """What came back, until it is over in any case."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, datetime] = OrderedDict()

    def use(self, transaction: Transaction, now: datetime) -> None:
        """Raises TransactionRefused the second time, and ProviderFailed when there is no room to remember."""
        while self._until and next(iter(self._until.values())) <= now:
            self._until.popitem(last=False)
        if transaction.text in self._until:
            raise TransactionRefused(Fault.USED)
        if len(self._until) >= MOST_USED:
            raise ProviderFailed(Fault.BUSY)
        self._until[transaction.text] = transaction.until
