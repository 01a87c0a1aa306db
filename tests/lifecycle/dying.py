"""A gateway that dies in the middle of what it does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar
from unittest.mock import patch

from bus.store.writer import Transaction
from tests.faults.small_world import Crash, SmallGateway

T = TypeVar("T")


@contextmanager
def dying_before_the_commit(gateway: SmallGateway) -> Iterator[None]:
    """What is done within dies with its first transaction, before that is committed; then it starts again."""
    write = gateway.store.write

    async def dies(job: Callable[[Transaction], T]) -> T:
        def then(tx: Transaction) -> T:
            job(tx)
            raise Crash

        return await write(then)

    with patch.object(gateway.store, "write", dies), suppress(Crash):
        yield
    gateway.restart()
