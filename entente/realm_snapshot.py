"""`entente realm snapshot`: the next snapshot with the same content, before the one in force expires."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bus.authority import Realm
from entente.bringing_out import GatewayOption, JsonOption, bring_out, put_in_force
from entente.objectives import changed_objectives
from entente.realm_files import RealmFiles
from entente.snapshot_keeper import due
from entente.terminal import CommandFailed


def snapshot(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The realm directory with the offline snapshot key.")
    ],
    objective: Annotated[
        list[str] | None,
        typer.Option(
            "--objective",
            metavar="PRECEDENCE=TIME",
            help="By when messages of a precedence are to be delivered from now on, such as FLASH=10m"
            " (s, m, h, d); FLASH=usual takes it back. Repeat for more.",
        ),
    ] = None,
    when_due: Annotated[
        bool, typer.Option("--when-due", help="Only when less than a third of its life is left.")
    ] = False,
    gateway: GatewayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Renew the realm's snapshot: the same documents for another 30 days, brought to the gateways named."""
    if when_due and objective:
        raise CommandFailed("--objective changes something now: it goes without --when-due")
    files, now, done = RealmFiles(directory), datetime.now(UTC), "holds"
    with files.exclusively():
        trust = files.trust()
        if not when_due or due(trust.snapshot, now):
            realm = Realm.read(trust)
            if objective:
                realm = realm.with_objectives(changed_objectives(realm.objectives, objective))
            trust, done = put_in_force(files, realm, now), "is renewed"
    what = f"the snapshot {done} until {trust.expires_at:%Y-%m-%d %H:%M} UTC"
    bring_out(files, trust, gateway, what, as_json)
