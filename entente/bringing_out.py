"""Bringing a realm's next snapshot out: into the bundle on disk and to running gateways."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from bus.authority import Realm
from bus.protocol.trust import TrustStore
from entente.gateway_client import answered, gateway_client, read_api_key
from entente.realm_files import RealmFiles
from entente.terminal import CommandFailed, say, write_json

GatewayOption = Annotated[
    list[str] | None,
    typer.Option(
        "--gateway",
        metavar="URL=KEYFILE",
        help="Bring the documents to this running gateway; one is enough, repeat for more.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")]


def put_in_force(files: RealmFiles, state: Realm, now: datetime) -> TrustStore:
    """Sign the next snapshot over `state` and publish it. Raises KeyFileError, TrustError."""
    return files.publish(state.snapshotted(files.snapshot_key(), now=now))


def bring_out(
    files: RealmFiles, trust: TrustStore, gateways: list[str] | None, what: str, as_json: bool
) -> None:
    """Bring published documents to `gateways`, and say `what` was done.

    CommandFailed when a gateway did not take them; they are in the bundle all the same.
    """
    outcomes = [_post_to(place, trust) for place in gateways or ()]
    failed = [outcome for outcome in outcomes if "failed" in outcome]
    if as_json:
        expires = trust.expires_at.isoformat()
        write_json({"trust_version": trust.trust_version, "expires_at": expires, "gateways": outcomes})
    else:
        say(f"{what}; trust version {trust.trust_version} is in {files.trust_dir}")
        for outcome in outcomes:
            state_of = outcome.get("failed") or f"trust version {outcome['trust_version']} in force"
            say(f"  {outcome['url']}: {state_of}")
        if not outcomes:
            say("  No gateway was told: give --gateway URL=KEYFILE, or start the gateways anew.")
    if failed:
        raise CommandFailed(f"{len(failed)} of {len(outcomes)} gateways did not take the documents")


def request_body(trust: TrustStore) -> bytes:
    """The body of `POST /v1/trust`: the realm's documents, which are JSON already, as they are.

    Without nations' acts on agreements: those are as they were at founding, and gateways know newer ones.
    """
    acts = frozenset(trust.book.envelopes)
    return b'{"envelopes":[%b]}' % b",".join(each for each in trust.envelopes if each not in acts)


def _post_to(place: str, trust: TrustStore) -> dict[str, Any]:
    url, separator, key_file = place.partition("=")
    if not separator:
        raise CommandFailed("--gateway is URL=KEYFILE")
    try:
        with gateway_client(url, read_api_key(Path(key_file))) as client:
            response = client.post(
                "/v1/trust",
                content=request_body(trust),
                headers={"Content-Type": "application/json"},
            )
            return {"url": url, "trust_version": answered(response)["trust_version"]}
    except (httpx.HTTPError, CommandFailed) as error:
        return {"url": url, "failed": str(error) or type(error).__name__}
