"""`entente gateway`: one nation's gateway in this process, its backups and going back to one."""

import asyncio
import os
import select
import sys
from typing import Annotated

import typer
from pydantic import ValidationError

from entente.drilled_gateway import drilled
from entente.gateway_backup import backup
from entente.gateway_restore import restore
from entente.settings_told import incomplete
from entente.terminal import CommandFailed, say
from gateways.collector import imports_set_aside

app = typer.Typer(help="Run a nation's gateway; back it up, and go back to a backup.", no_args_is_help=True)
app.command("backup")(backup)
app.command("restore")(restore)
app.command("drilled", hidden=True)(drilled)


@app.command("run")
def run(
    until_stdin_ends: Annotated[
        bool,
        typer.Option("--until-stdin-ends", help="Stop when standard input ends, as it does with its parent."),
    ] = False,
) -> None:
    """Run the gateway that the environment variables ENTENTE_GATEWAY_* describe, until Ctrl-C or SIGTERM."""
    # Here and not above: the web framework is most of what the other commands would wait for.
    with imports_set_aside():
        from gateways.http.server import serve
        from gateways.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        raise CommandFailed(incomplete("gateway", error)) from None
    serve(
        settings,
        ready=lambda url: say(f"gateway of {settings.nation} at {url}, reference at {url}/docs"),
        until=stdin_ended if until_stdin_ends else None,
    )


async def stdin_ended() -> None:
    """Return when standard input ends. What comes in is read and left alone."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    # The event loop cannot watch a file or /dev/null; they never keep a reader waiting either.
    while select.select([sys.stdin], [], [], 0)[0]:
        if not os.read(sys.stdin.fileno(), 4096):
            return

    def look() -> None:
        if not os.read(sys.stdin.fileno(), 4096) and not ended.done():
            ended.set_result(None)

    loop.add_reader(sys.stdin.fileno(), look)
    try:
        await ended
    finally:
        loop.remove_reader(sys.stdin.fileno())
