"""Argon2id in a thread of its own (RFC 9106): one at a time, few waiting, so that memory stays bounded.

OWASP's minimum at its largest memory is 46 MiB and one pass. We make three passes, which took 0.12 s where it
was measured. More than 32 MiB also means that the C library takes the memory from the system and gives it
back after every hash; with 19 MiB it was measured to stay with the process.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from gateways.operators.passwords import normal

T = TypeVar("T")

MOST_WAITING = 8
"""Hashes under way or waiting; one second of work. Beyond that the caller is told to come back."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Argon2id's parameters."""

    passes: int = 3
    memory_kib: int = 46 * 1024
    lanes: int = 1


class HashingBusy(Exception):
    """Too many passwords wait to be hashed."""


class Hashing:
    """Hashes and checks passwords."""

    def __init__(self, cost: Cost | None = None) -> None:
        cost = cost or Cost()
        self._hasher = PasswordHasher(cost.passes, cost.memory_kib, cost.lanes)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="passwords")
        self._waiting = 0
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """A new hash, in PHC string format. Raises HashingBusy."""
        return await self._run(lambda: self.hash_now(password))

    async def fits(self, password: str, stored: str | None) -> bool:
        """Whether this is the password; without a stored hash the same work is done and the answer is no.

        Raises HashingBusy.
        """
        return await self._run(lambda: self._fits(password, stored))

    def outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def hash_now(self, password: str) -> str:
        """As `hash`, in the caller's own thread: for the command line."""
        return self._hasher.hash(normal(password))

    def close(self) -> None:
        """Let the thread end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _fits(self, password: str, stored: str | None) -> bool:
        if self._decoy is None:
            self._decoy = self._hasher.hash("nobody has this password")
        try:
            self._hasher.verify(self._decoy if stored is None else stored, normal(password))
        except (Argon2Error, InvalidHashError):
            return False
        return stored is not None

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise HashingBusy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
