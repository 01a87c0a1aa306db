"""`entente gateway drilled`: a gateway whose clock a drill sets while it runs, and that clock.

No setting of a gateway does this to one that serves: it is another command, which only drills start. It runs
where a drill's realm does, between loopback addresses: nobody else's gateway is there to believe its times.
"""

import mmap
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from pydantic import ValidationError

from entente.terminal import CommandFailed

_SECONDS = struct.Struct("=d")


def set_clock(file: Path, ahead: timedelta) -> None:
    """Whoever reads this file is so far ahead of the right time from now on."""
    octets = _SECONDS.pack(ahead.total_seconds())
    if not file.exists():
        file.write_bytes(octets)
        return
    with file.open("r+b") as written:
        written.write(octets)


class SetClock:
    """The right time, and as much as the file says: what is written there counts at once."""

    def __init__(self, file: Path, right: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._right = right
        with file.open("rb") as read:
            self._ahead = mmap.mmap(read.fileno(), _SECONDS.size, access=mmap.ACCESS_READ)

    def __call__(self) -> datetime:
        return self._right() + timedelta(seconds=_SECONDS.unpack(self._ahead[:])[0])


def drilled(
    clock: Annotated[Path, typer.Argument(help="File that says how far the clock is ahead.")],
    until_stdin_ends: Annotated[
        bool, typer.Option("--until-stdin-ends", help="Stop when standard input ends.")
    ] = False,
) -> None:
    """Run a gateway as a drill does: its clock can be set wrong. Not for one that serves a nation."""
    from entente.gateway import stdin_ended
    from gateways.collector import imports_set_aside
    from gateways.loopback import is_loopback

    with imports_set_aside():
        from gateways.http.server import serve
        from gateways.opening import open_gateway
        from gateways.settings import Settings

    try:
        settings, now = Settings(), SetClock(clock)
    except (ValidationError, OSError, ValueError) as error:
        raise CommandFailed("a drilled gateway needs its settings and the file of its clock") from error
    if not all(map(is_loopback, (settings.host, urlsplit(settings.nats_url).hostname or ""))):
        raise CommandFailed(
            "a drilled gateway listens on loopback and has its broker there: its clock may be wrong"
        )
    serve(
        settings,
        until=stdin_ended if until_stdin_ends else None,
        opener=partial(open_gateway, now=now),
    )
