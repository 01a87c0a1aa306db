"""`entente console run`: a nation's console in this process; or, in exercises, one for several nations."""

from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from entente.gateway import stdin_ended
from entente.settings_told import incomplete
from entente.terminal import CommandFailed, say

if TYPE_CHECKING:
    from console.settings import ConsoleSettings

app = typer.Typer(help="Run a nation's console.", no_args_is_help=True)


@app.callback()
def console() -> None:
    """Run a nation's console."""


@app.command("run")
def run(
    several: Annotated[
        list[str] | None,
        typer.Option(
            help="NATION=URL of a gateway; repeat. One console for several nations, without mode OPERATION."
        ),
    ] = None,
    until_stdin_ends: Annotated[
        bool,
        typer.Option("--until-stdin-ends", help="Stop when standard input ends, as it does with its parent."),
    ] = False,
) -> None:
    """Run the console that the environment variables ENTENTE_CONSOLE_* describe, until Ctrl-C or SIGTERM."""
    # Here and not above: the web framework is most of what the other commands would wait for.
    from console.app import create_app
    from console.server import run as run_console
    from console.settings import ConsoleSettings
    from console.several import create_several
    from gateways.logs import configure

    try:
        given = [_of(ConsoleSettings, each) for each in several or ()] or [ConsoleSettings()]
        made = create_several(given) if several else create_app(given[0])
    except ValidationError as error:
        raise CommandFailed(incomplete("console", error)) from None
    except ValueError as error:
        raise CommandFailed(str(error)) from None
    nations = ", ".join(settings.nation for settings in given)
    configure(given[0].log_level.upper(), nations)
    run_console(
        made,
        given[0],
        ready=lambda url: say(f"console of {nations} at {url}"),
        until=stdin_ended if until_stdin_ends else None,
    )


def _of(kind: "type[ConsoleSettings]", text: str) -> "ConsoleSettings":
    nation, given, url = text.partition("=")
    if not given:
        raise CommandFailed(f"{text} is not NATION=URL")
    return kind(nation=nation, gateway_url=url)
