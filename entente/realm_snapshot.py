"""`entente realm snapshot`: the next snapshot with the same content, before the one in force expires."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bus.authority import Realm
from entente.bringing_out import GatewayOption, JsonOption, bring_out, put_in_force
from entente.realm_files import RealmFiles


def snapshot(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The realm directory with the offline snapshot key.")
    ],
    gateway: GatewayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Renew the realm's snapshot: the same documents for another 30 days, brought to the gateways named."""
    files = RealmFiles(directory)
    with files.exclusively():
        trust = put_in_force(files, Realm.read(files.trust()), datetime.now(UTC))
    what = f"the snapshot is renewed until {trust.expires_at:%Y-%m-%d %H:%M} UTC"
    bring_out(files, trust, gateway, what, as_json)
