"""From a host's name to addresses that may be posted to: resolved by us, every answer looked at."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence

from gateways.webhooks.addresses import Address, TargetPolicy, read_addresses
from gateways.webhooks.target import Target

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Every address of a host, as text. Raises OSError."""

MAX_ADDRESSES = 16
THREADS = 4


class NotPermitted(Exception):
    """The host has no address, or one that may not be posted to. The text is for our own log."""


class SystemResolver:
    """What the machine's own resolver says, asked in threads of our own: a name server that never answers
    stops other webhooks' names at most, never the rest of the gateway, nor its end."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(THREADS)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Every address of the host. Raises OSError."""
        await self._room.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()

        def settle(found: list[str] | OSError) -> None:
            self._room.release()
            if answer.done():
                return  # nobody waits any more
            if isinstance(found, OSError):
                answer.set_exception(found)
            else:
                answer.set_result(found)

        def ask() -> None:
            found: list[str] | OSError
            try:
                rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
                found = [str(row[4][0]) for row in rows]
            except Exception as error:  # noqa: BLE001 - a thread that ended without a word kept its room
                found = error if isinstance(error, OSError) else OSError("not a name")
            try:
                loop.call_soon_threadsafe(settle, found)
            except RuntimeError:
                return  # the loop was closed meanwhile

        try:
            threading.Thread(target=ask, name="webhook name", daemon=True).start()
        except RuntimeError as error:
            self._room.release()
            raise OSError("no thread to look it up in") from error
        return await answer


async def permitted_addresses(
    target: Target, policy: TargetPolicy, resolver: Resolver
) -> tuple[Address, ...]:
    """The target's addresses, of which each may be posted to: one that may not spoils them all, for whoever
    answers so means to lead us there. Raises NotPermitted.
    """
    if target.literal is not None:
        found: tuple[Address, ...] = (target.literal,)
    else:
        try:
            found = read_addresses(await resolver(target.host, target.port))
        except (OSError, ValueError) as error:
            raise NotPermitted(f"the name has no address: {type(error).__name__}") from None
    if not found:
        raise NotPermitted("the name has no address")
    if not all(policy.permits(address, encrypted=target.encrypted) for address in found):
        raise NotPermitted("an address of it is neither public nor in a network that policy names")
    return found[:MAX_ADDRESSES]
