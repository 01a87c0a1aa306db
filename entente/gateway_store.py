"""Working in a gateway's store from the command line, the gateway running or not."""

import asyncio
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from bus.keystore import NationKeys
from bus.store.writer import Store, Transaction
from entente.terminal import CommandFailed
from gateways.evidence import Evidence
from gateways.store_file import STORE_FILE

T = TypeVar("T")
StateDirOption = Annotated[Path, typer.Option(help="The gateway's state directory, with its store.")]
KeysFileOption = Annotated[Path, typer.Option(help="The nation's key file: says whose store it is.")]


def in_store(
    state_dir: Path,
    keys_file: Path,
    job: Callable[[Transaction], T],
    now: datetime,
    *,
    actor: str,
    record: Callable[[Evidence, T], None] | None = None,
) -> T:
    """Run a job in the gateway's store; ``record`` says, in the same transaction, what it changed."""
    keys = NationKeys.load(keys_file)
    file = state_dir / STORE_FILE
    if not state_dir.is_dir():
        raise CommandFailed(f"{state_dir} is no directory")

    def recorded(tx: Transaction) -> T:
        result = job(tx)
        if record is not None:
            evidence = Evidence(keys.nation, actor, now, os.urandom)
            record(evidence, result)
            evidence.write(tx)
        return result

    return record_in(file, keys.nation, keys.realm, recorded)


def record_in(file: Path, nation: str, realm: str, job: Callable[[Transaction], T]) -> T:
    """Run a job in a store whose nation and realm are known. Raises StoreError."""

    async def run() -> T:
        store = Store.open(file, nation, realm)
        try:
            return await store.write(job)
        finally:
            await store.close()

    return asyncio.run(run())
