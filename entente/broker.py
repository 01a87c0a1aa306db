"""`entente broker config|provision`: a realm's broker other than the embedded one, from public documents."""

import asyncio
import os
import time
from pathlib import Path
from typing import Annotated

import typer

from bus.broker_keys import broker_key_from_seed
from bus.keystore import read_secret
from bus.nats_config import BrokerConfig, BrokerConfigError, BrokerNation, render
from bus.provisioning import ConfigurationConflict, ProvisioningError, provision
from bus.stream_plan import RealmStreams
from entente.hub_keys import hub_user
from entente.realm_files import RealmFiles
from entente.terminal import CommandFailed, say

app = typer.Typer(help="A realm's broker: its configuration, its streams.", no_args_is_help=True)

MIB = 1024**2
GIB = 1024**3
_PAUSE = 0.5

RealmArgument = Annotated[
    Path, typer.Argument(metavar="REALM", help="A realm directory; its public part is enough.")
]
KeysOption = Annotated[Path, typer.Option("--keys", help="Directory with admin.seed and auditor.seed.")]
QuotaOption = Annotated[
    int,
    typer.Option("--quota-mib", min=1, max=1024**2, help="Room for each nation's bundles, in MiB."),
]


@app.command("config")
def config(
    realm: RealmArgument,
    keys: KeysOption,
    out: Annotated[Path, typer.Option(help="Where to write the configuration of nats-server.")],
    store_dir: Annotated[str, typer.Option(help="Where the broker keeps its streams, on its own machine.")],
    host: Annotated[str, typer.Option(help="Address on which the broker listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on which it listens.")] = 4222,
    quota_mib: QuotaOption = 1024,
) -> None:
    """Write a broker's configuration: an account per nation, with exactly the subjects that it may use.

    Credentials of admin and auditor are drawn when they are missing; the configuration holds no secret.
    """
    users = _users(realm)
    streams = RealmStreams(tuple(sorted(users)), quota_bytes=quota_mib * MIB)
    try:
        text = render(
            BrokerConfig(
                store_dir=store_dir,
                admin_public_nkey=hub_user(keys, "admin").public,
                auditor_public_nkey=hub_user(keys, "auditor").public,
                nations=tuple(BrokerNation(nation, users[nation]) for nation in sorted(users)),
                host=host,
                port=port,
                max_file_bytes=streams.reserved_bytes + GIB,
            )
        )
    except BrokerConfigError as error:
        raise CommandFailed(str(error)) from None
    changed = _replace(out, text)
    say(f"{out}: {len(users)} nations, {'written' if changed else 'as it was'}")


@app.command("provision")
def provision_(
    realm: RealmArgument,
    keys: KeysOption,
    nats_url: Annotated[str, typer.Option(help="The broker, such as nats://127.0.0.1:4222.")],
    within: Annotated[
        float, typer.Option(min=0, max=3600, help="Seconds to go on trying while the broker does not answer.")
    ] = 0,
    quota_mib: QuotaOption = 1024,
) -> None:
    """Create or verify a realm's streams and mailboxes on its broker. Safe to repeat; removes nothing."""
    streams = RealmStreams(tuple(sorted(_users(realm))), quota_bytes=quota_mib * MIB)
    # Read, not drawn: credentials that the broker's configuration does not name are no use here.
    seed = broker_key_from_seed(read_secret(keys / "admin.seed").decode("ascii")).seed
    until = time.monotonic() + within
    while True:
        try:
            asyncio.run(provision([nats_url], seed, streams))
        except ConfigurationConflict:
            raise
        except ProvisioningError:
            if time.monotonic() > until:
                raise
            time.sleep(_PAUSE)
        else:
            break
    say(f"the broker has the streams of {len(streams.nations)} nations")


def _users(realm: Path) -> dict[str, str]:
    """Every nation of the realm with its public user nkey."""
    nations = RealmFiles(realm).trust().nations
    return {nation: entry.record.broker_user for nation, entry in nations.items()}


def _replace(file: Path, text: str) -> bool:
    """Put the text in the file's place as a whole; whether that changed it. CommandFailed."""
    draft = file.with_name(f".{file.name}.new")
    try:
        if file.exists() and file.read_text(encoding="utf-8") == text:
            return False
        draft.write_text(text, encoding="utf-8")
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(file)
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written: {error.strerror}") from error
    return True
