"""A process that publishes without pause and names on its output what was answered, until it is killed."""

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from bus.store.new_publications import insert
from bus.store.writer import Store, Transaction
from tests.store.samples import NATION, REALM, publication

WRITERS = 20


async def main(path: Path, start: int) -> None:
    store = Store.open(path, NATION, REALM)
    numbers = count(start)

    async def publish() -> None:
        for number in numbers:

            def job(tx: Transaction, number: int = number) -> int:
                return insert(tx, publication(number, size=200 + 97 * (number % 60)))

            await store.write(job)
            os.write(1, f"{number}\n".encode())

    await asyncio.gather(*(publish() for _ in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
