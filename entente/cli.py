"""The command `entente` (design 13): one module per subject, put together here.

A subject is loaded when it is asked for: a realm starts many gateways at once, and none of them needs the
other commands.
"""

import sys
from importlib import import_module
from typing import Annotated

import typer

from entente.terminal import CommandFailed, say
from gateways.collector import imports_set_aside

GROUPS = {
    "realm": "entente.realm_init",
    "broker": "entente.broker",
    "nation": "entente.nation",
    "gateway": "entente.gateway",
    "console": "entente.console",
    "key": "entente.api_key",
    "agreement": "entente.agreement",
    "backfill": "entente.backfill",
    "operator": "entente.operator",
    "minimize": "entente.minimize",
    "drill": "entente.drill",
}
"""Groups of commands: name -> module with an `app`."""
COMMANDS = ("up", "preview", "publish", "recall", "tail", "doctor")
"""Single commands: each a function in the module of the same name."""


def build_app(wanted: str | None = None) -> typer.Typer:
    """The command line; with `wanted`, the name of a subject, only that one."""
    app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
    app.callback()(_entente)
    for name, module in GROUPS.items():
        if wanted in (None, name):
            app.add_typer(import_module(module).app, name=name)
    for name in COMMANDS:
        if wanted in (None, name):
            app.command(name)(getattr(import_module(f"entente.{name}"), name))
    return app


def __getattr__(name: str) -> typer.Typer:
    """`app`, the whole command line, for whoever looks at all of it; made when asked for."""
    if name == "app":
        return build_app()
    raise AttributeError(name)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"entente {version('entente')}")
        raise typer.Exit


def _entente(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Coordination message bus for nations that work together."""


def main() -> None:
    """Run the command line. What is foreseen to go wrong is one line and an exit code, no stack trace."""
    first = sys.argv[1] if len(sys.argv) > 1 else None
    try:
        with imports_set_aside():
            app = build_app(first if first in (*GROUPS, *COMMANDS) else None)
        app()
    except CommandFailed as error:
        say(f"entente: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if not isinstance(error, _foreseen()):
            raise
        say(f"entente: {error or type(error).__name__}")
        sys.exit(1)


def _foreseen() -> tuple[type[Exception], ...]:
    """Errors of the rooms below that speak for themselves; loaded only when something went wrong."""
    import httpx

    from bus.authority import AuthorityError
    from bus.embedded import EmbeddedServerError
    from bus.keystore import KeyFileError
    from bus.protocol.errors import ProtocolError
    from bus.provisioning import ProvisioningError
    from bus.store.errors import StoreError
    from bus.trust_bundle import TrustBundleError
    from entente.planned_documents import PlanError
    from entente.realm_files import RealmFilesError
    from schemas.strict_yaml import YamlRefused

    return (
        AuthorityError,
        EmbeddedServerError,
        KeyFileError,
        PlanError,
        ProtocolError,
        ProvisioningError,
        RealmFilesError,
        StoreError,
        TrustBundleError,
        YamlRefused,
        httpx.HTTPError,
    )
