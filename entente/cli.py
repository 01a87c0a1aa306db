"""The command `entente` (design 13): one file per subject, put together here."""

import sys
from typing import Annotated

import httpx
import typer

from bus.authority import AuthorityError
from bus.embedded import EmbeddedServerError
from bus.keystore import KeyFileError
from bus.protocol.errors import ProtocolError
from bus.provisioning import ProvisioningError
from bus.store.errors import StoreError
from bus.trust_bundle import TrustBundleError
from entente import api_key, doctor, drill, gateway, nation, publish, realm_init, tail, up
from entente.founding import PlanError
from entente.realm_files import RealmFilesError
from entente.terminal import CommandFailed, say
from schemas.strict_yaml import YamlRefused

app = typer.Typer(
    help="Coordination message bus for nations that work together.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(realm_init.app, name="realm")
app.add_typer(nation.app, name="nation")
app.add_typer(gateway.app, name="gateway")
app.add_typer(api_key.app, name="key")
app.add_typer(drill.app, name="drill")
app.command("up")(up.up)
app.command("publish")(publish.publish)
app.command("tail")(tail.tail)
app.command("doctor")(doctor.doctor)

_EXPECTED = (
    CommandFailed,
    PlanError,
    RealmFilesError,
    TrustBundleError,
    KeyFileError,
    AuthorityError,
    ProtocolError,
    YamlRefused,
    StoreError,
    ProvisioningError,
    EmbeddedServerError,
    httpx.HTTPError,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"entente {version('entente')}")
        raise typer.Exit


@app.callback()
def entente(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Coordination message bus for nations that work together."""


def main() -> None:
    """Run the command line. What is foreseen to go wrong is one line and an exit code, no stack trace."""
    try:
        app()
    except _EXPECTED as error:
        say(f"entente: {error or type(error).__name__}")
        sys.exit(error.exit_code if isinstance(error, CommandFailed) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
