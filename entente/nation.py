"""`entente nation revoke|resume|rotate`: a nation's next record or standing, brought out with a snapshot.

Needs the nation's offline root key and the realm's snapshot key at hand, in the realm directory that
`entente realm init` wrote (`entente up` keeps one in `.entente/realm`).
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bus.authority import Realm
from bus.nation_office import next_record, rotated
from entente.bringing_out import GatewayOption, JsonOption, bring_out, put_in_force
from entente.realm_files import RealmFiles
from entente.terminal import CommandFailed
from schemas.header import Mode
from schemas.trust import KeyUse, NationStatus

app = typer.Typer(help="A nation's keys and standing in the realm.", no_args_is_help=True)

RealmOption = Annotated[Path, typer.Option("--realm", help="The realm directory with the offline keys.")]


@app.command("revoke")
def revoke(
    nation: Annotated[str, typer.Argument(help="The nation.")],
    realm: RealmOption,
    kid: Annotated[
        list[str] | None, typer.Option(help="Revoke this key; repeat. Without it the nation is suspended.")
    ] = None,
    gateway: GatewayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Revoke keys of a nation, or suspend it altogether: nobody sends to it or admits from it any more."""
    files = RealmFiles(realm)
    now = datetime.now(UTC)
    with files.exclusively():
        state = _state(files, nation)
        if kid:
            record = next_record(state.records[nation], files.nation_root(nation), now=now, revoke=kid)
            state = state.with_record(record)
        else:
            state = state.with_status(nation, NationStatus.SUSPENDED)
        trust = put_in_force(files, state, now)
    what = f"{len(kid)} key(s) of {nation} revoked" if kid else f"{nation} suspended"
    bring_out(files, trust, gateway, what, as_json)


@app.command("resume")
def resume(
    nation: Annotated[str, typer.Argument(help="The nation.")],
    realm: RealmOption,
    gateway: GatewayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lift a nation's suspension: what agreements permit is sent to it and admitted from it again."""
    files = RealmFiles(realm)
    with files.exclusively():
        state = _state(files, nation)
        if state.statuses[nation] is not NationStatus.SUSPENDED:
            raise CommandFailed(f"{nation} is not suspended")
        trust = put_in_force(files, state.with_status(nation, NationStatus.ACTIVE), datetime.now(UTC))
    bring_out(files, trust, gateway, f"{nation} is not suspended any more", as_json)


@app.command("rotate")
def rotate(
    nation: Annotated[str, typer.Argument(help="The nation.")],
    realm: RealmOption,
    use: Annotated[
        list[KeyUse] | None, typer.Option(help="What for; repeat. Without it: message, receipt, seal.")
    ] = None,
    mode: Annotated[list[Mode] | None, typer.Option(help="Which modes; repeat. Without it: all.")] = None,
    revoke_old: Annotated[
        bool, typer.Option("--revoke-old", help="Revoke the old keys at once: they may be in wrong hands.")
    ] = False,
    gateway: GatewayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a nation new keys. Its key file gets them beside the old ones; its gateway reads it by itself."""
    files = RealmFiles(realm)
    now = datetime.now(UTC)
    with files.exclusively():
        state = _state(files, nation)
        keys, record = rotated(
            files.nation_keys(nation),
            state.records[nation],
            files.nation_root(nation),
            uses=use or (KeyUse.MESSAGE, KeyUse.RECEIPT, KeyUse.SEAL),
            modes=mode or tuple(Mode),
            now=now,
            randomness=os.urandom,
            revoke_old=revoke_old,
        )
        # The key file first: a record whose keys nobody holds would silence the nation.
        keys.save(files.keys_file(nation))
        trust = put_in_force(files, state.with_record(record), now)
    bring_out(files, trust, gateway, f"{nation} has new keys", as_json)


def _state(files: RealmFiles, nation: str) -> Realm:
    trust = files.trust()
    if nation not in trust.nations:
        raise CommandFailed(f"the realm in {files.directory} has no nation {nation}")
    return Realm.read(trust)
