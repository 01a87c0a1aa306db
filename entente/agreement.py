"""`entente agreement list|show|propose|countersign|suspend|resume|leave`: agreements at one's own gateway."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import typer
from rich.table import Table

from entente.gateway_client import KeyFileOption, answered, gateway_client, required_api_key
from entente.terminal import OUT, read_file, write_json

MAX_PROPOSAL_BYTES = 64 * 1024

app = typer.Typer(help="Agreements with other nations.", no_args_is_help=True)

GatewayOption = Annotated[str, typer.Option(help="The gateway's URL.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the gateway's answer as JSON.")]
DigestArgument = Annotated[str, typer.Argument(metavar="DIGEST", help="The digest as `show` prints it.")]
HERE = "http://127.0.0.1:8080"


@app.command("list")
def list_agreements(
    gateway: GatewayOption = HERE, key_file: KeyFileOption = None, as_json: JsonOption = False
) -> None:
    """List this nation's agreements with their state."""
    with gateway_client(gateway, required_api_key(key_file)) as client:
        answer: dict[str, Any] = answered(client.get("/v1/agreements"))
    if as_json:
        write_json(answer)
        return
    table = Table("Agreement", "Version", "State", "Parties", "Digest")
    for row in answer["items"]:
        parties = " ".join(party["nation"] for party in row["parties"])
        table.add_row(row["id"], str(row["version"]), row["state"], parties, row["digest"])
    OUT.print(table)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="DIGEST|ID", help="By id: the version that counts.")],
    gateway: GatewayOption = HERE,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show an agreement: terms, digest, and where every party stands."""
    with gateway_client(gateway, required_api_key(key_file)) as client:
        answer: dict[str, Any] = answered(client.get(f"/v1/agreements/{quote(name, safe=':')}"))
    _print(answer, as_json)


@app.command("propose")
def propose(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The terms as JSON: docs/agreements.md.")],
    gateway: GatewayOption = HERE,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose an agreement; that countersigns it for this nation."""
    body = read_file(file, MAX_PROPOSAL_BYTES)
    with gateway_client(gateway, required_api_key(key_file)) as client:
        _print(
            answered(
                client.post("/v1/agreements", content=body, headers={"Content-Type": "application/json"})
            ),
            as_json,
        )


@app.command("countersign")
def countersign(
    digest: DigestArgument,
    gateway: GatewayOption = HERE,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Agree to exactly the text with this digest."""
    _act("countersign", digest, gateway, key_file, as_json)


@app.command("suspend")
def suspend(
    digest: DigestArgument,
    gateway: GatewayOption = HERE,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Suspend an agreement for all its parties, at once."""
    _act("suspend", digest, gateway, key_file, as_json)


@app.command("resume")
def resume(
    digest: DigestArgument,
    gateway: GatewayOption = HERE,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """End our own suspension."""
    _act("resume", digest, gateway, key_file, as_json)


@app.command("leave")
def leave(
    digest: DigestArgument,
    gateway: GatewayOption = HERE,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Leave an agreement; this version is never in force again."""
    _act("leave", digest, gateway, key_file, as_json)


def _act(verb: str, digest: str, gateway: str, key_file: Path | None, as_json: bool) -> None:
    with gateway_client(gateway, required_api_key(key_file)) as client:
        response: httpx.Response = client.post(f"/v1/agreements/{quote(digest, safe=':')}/{verb}")
        _print(answered(response), as_json)


def _print(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        write_json(answer)
        return
    OUT.print(f"{answer['id']} version {answer['version']}: {answer['title']}", markup=False, soft_wrap=True)
    OUT.print(f"digest   {answer['digest']}", markup=False, soft_wrap=True)
    OUT.print(f"state    {answer['state']}", markup=False)
    OUT.print(f"kinds    {', '.join(answer['kinds'])}", markup=False, soft_wrap=True)
    OUT.print(f"modes    {', '.join(answer['modes'])}", markup=False)
    highest = "; ".join(f"{entry['policy']}: {entry['classification']}" for entry in answer["highest"])
    OUT.print(f"highest  {highest}", markup=False, soft_wrap=True)
    if answer["categories"]:
        OUT.print(f"covers   {', '.join(answer['categories'])}", markup=False, soft_wrap=True)
    OUT.print(f"valid    {answer['not_before']} to {answer['not_after']}", markup=False, soft_wrap=True)
    table = Table("Party", "Standing", "Act", "At")
    for party in answer["parties"]:
        number = f"{party['act']} ({party['number']})" if "act" in party else ""
        table.add_row(party["nation"], party["standing"], number, party.get("at", ""))
    OUT.print(table)
