"""`entente realm snapshot`: the next snapshot with the same content, before the one in force expires."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bus.authority import Realm
from entente.bringing_out import GatewayOption, JsonOption, bring_out, put_in_force
from entente.objectives import changed_objectives
from entente.realm_files import RealmFiles


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
    gateway: GatewayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Renew the realm's snapshot: the same documents for another 30 days, brought to the gateways named."""
    files = RealmFiles(directory)
    with files.exclusively():
        realm = Realm.read(files.trust())
        if objective:
            realm = realm.with_objectives(changed_objectives(realm.objectives, objective))
        trust = put_in_force(files, realm, datetime.now(UTC))
    what = f"the snapshot is renewed until {trust.expires_at:%Y-%m-%d %H:%M} UTC"
    bring_out(files, trust, gateway, what, as_json)
