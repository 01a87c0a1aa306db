"""`entente nation revoke|rotate`: a nation's next record, the realm's next snapshot, and bringing both out.

Needs the nation's offline root key and the realm's snapshot key at hand, in the realm directory that
`entente realm init` wrote (`entente up` keeps one in `.entente/realm`).
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from bus.authority import Realm
from bus.nation_office import next_record, rotated
from bus.protocol.trust import TrustStore
from entente.gateway_client import answered, gateway_client, read_api_key
from entente.realm_files import RealmFiles
from entente.terminal import CommandFailed, say, write_json
from schemas.header import Mode
from schemas.trust import KeyUse, NationStatus

app = typer.Typer(help="A nation's keys and standing in the realm.", no_args_is_help=True)

RealmOption = Annotated[Path, typer.Option("--realm", help="The realm directory with the offline keys.")]
GatewayOption = Annotated[
    list[str] | None,
    typer.Option(
        "--gateway",
        metavar="URL=KEYFILE",
        help="Bring the documents to this running gateway; one is enough, repeat for more.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")]


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
    state = _state(files, nation)
    if kid:
        record = next_record(state.records[nation], files.nation_root(nation), now=now, revoke=kid)
        state = state.with_record(record)
    else:
        state = state.with_status(nation, NationStatus.SUSPENDED)
    what = f"{len(kid)} key(s) of {nation} revoked" if kid else f"{nation} suspended"
    _bring_out(files, state, now, gateway, what, as_json)


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
    """Give a nation new keys. Its key file gets them beside the old ones; restart its gateway to use them."""
    files = RealmFiles(realm)
    now = datetime.now(UTC)
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
    _bring_out(files, state.with_record(record), now, gateway, f"{nation} has new keys", as_json)


def _state(files: RealmFiles, nation: str) -> Realm:
    trust = files.trust()
    if nation not in trust.nations:
        raise CommandFailed(f"the realm in {files.directory} has no nation {nation}")
    return Realm.read(trust)


def _bring_out(
    files: RealmFiles, state: Realm, now: datetime, gateways: list[str] | None, what: str, as_json: bool
) -> None:
    trust = files.publish(state.snapshotted(files.snapshot_key(), now=now))
    outcomes = [_post(place, trust) for place in gateways or ()]
    failed = [outcome for outcome in outcomes if "failed" in outcome]
    if as_json:
        write_json({"trust_version": trust.trust_version, "gateways": outcomes})
    else:
        say(f"{what}; trust version {trust.trust_version} is in {files.trust_dir}")
        for outcome in outcomes:
            state_of = outcome.get("failed") or f"trust version {outcome['trust_version']} in force"
            say(f"  {outcome['url']}: {state_of}")
        if not outcomes:
            say("  No gateway was told: give --gateway URL=KEYFILE, or start the gateways anew.")
    if failed:
        raise CommandFailed(f"{len(failed)} of {len(outcomes)} gateways did not take the documents")


def _post(place: str, trust: TrustStore) -> dict[str, Any]:
    url, separator, key_file = place.partition("=")
    if not separator:
        raise CommandFailed("--gateway is URL=KEYFILE")
    # The envelopes are JSON already; they go in as they are.
    body = b'{"envelopes":[%b]}' % b",".join(trust.envelopes)
    try:
        with gateway_client(url, read_api_key(Path(key_file))) as client:
            response = client.post("/v1/trust", content=body, headers={"Content-Type": "application/json"})
            return {"url": url, "trust_version": answered(response)["trust_version"]}
    except (httpx.HTTPError, CommandFailed) as error:
        return {"url": url, "failed": str(error) or type(error).__name__}
