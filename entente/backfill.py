"""`entente backfill propose|show|confirm`: what a new member of a community missed, shown, then sent."""

from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Column, Table

from entente.gateway_client import KeyFileOption, answered, gateway_client, required_api_key
from entente.terminal import OUT, write_json
from schemas.header import Kind, Mode

app = typer.Typer(help="What a new member of a community missed.", no_args_is_help=True)

HERE = "http://127.0.0.1:8080"
GatewayOption = Annotated[str, typer.Option(help="The gateway's URL.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the gateway's answer as JSON.")]


@app.command("propose")
def propose(
    community: Annotated[str, typer.Argument(metavar="COMMUNITY", help="The community's name.")],
    nation: Annotated[str, typer.Argument(metavar="NATION", help="Its new member.")],
    since: Annotated[str, typer.Option(help="Messages issued from then on: 2026-03-01T00:00:00Z.")],
    until: Annotated[str | None, typer.Option(help="Up to but not at this time; now, unless given.")] = None,
    mode: Annotated[Mode, typer.Option(help="One mode: they are never mixed.")] = Mode.OPERATION,
    kind: Annotated[list[Kind] | None, typer.Option(help="Only this kind of message; repeat.")] = None,
    gateway: GatewayOption = HERE,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what the nation missed, and who would get what now. Nothing is sent."""
    asked: dict[str, Any] = {"community": community, "nation": nation, "mode": mode.value, "since": since}
    if until is not None:
        asked["until"] = until
    if kind:
        asked["kinds"] = [each.value for each in kind]
    with gateway_client(gateway, required_api_key(key_file)) as client:
        _print(answered(client.post("/v1/backfills", json=asked)), as_json)


@app.command("show")
def show(
    backfill_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="All, unless given.")] = None,
    gateway: GatewayOption = HERE,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a backfill's list and what became of it, or the latest backfills."""
    with gateway_client(gateway, required_api_key(key_file)) as client:
        if backfill_id is not None:
            _print(answered(client.get(f"/v1/backfills/{quote(backfill_id, safe='')}")), as_json)
            return
        answer: dict[str, Any] = answered(client.get("/v1/backfills"))
    if as_json:
        write_json(answer)
        return
    # The id is what is copied from here: it stays whole.
    table = Table(
        Column("Backfill", no_wrap=True), "Community", "Nation", "Mode", "Messages", "Proposed", "Sent"
    )
    for row in answer["items"]:
        table.add_row(
            *(row["backfill_id"], row["community"], row["nation"], row["mode"], str(row["sends"])),
            *(row["proposed_at"], row.get("confirmed_at", "no")),
        )
    OUT.print(table)


@app.command("confirm")
def confirm(
    backfill_id: Annotated[str, typer.Argument(metavar="ID", help="As `propose` printed it.")],
    digest: Annotated[str, typer.Option(help="The digest of the list that was read.")],
    gateway: GatewayOption = HERE,
    key_file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send exactly the list with this digest."""
    with gateway_client(gateway, required_api_key(key_file)) as client:
        path = f"/v1/backfills/{quote(backfill_id, safe='')}/confirm"
        _print(answered(client.post(path, json={"digest": digest})), as_json)


def _print(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        write_json(answer)
        return
    told = f"for {answer['nation']}, of what {answer['community']} got in {answer['mode']}"
    OUT.print(f"backfill {answer['backfill_id']} {told}", markup=False, soft_wrap=True)
    OUT.print(f"issued   {answer['since']} to {answer['until']}", markup=False, soft_wrap=True)
    OUT.print(f"digest   {answer['digest']}", markup=False, soft_wrap=True)
    sent = (
        f"sent     {answer['confirmed_at']} by {answer['confirmed_by']}" if "confirmed_at" in answer else ""
    )
    OUT.print(sent or "sent     nothing yet: entente backfill confirm", markup=False, soft_wrap=True)
    table = Table("Issued", "Title", "Marking", "Sent", "Reason")
    for item in answer["items"]:
        reason = item.get("left_out", "").replace("_", " ") or f"{item['code']}: {item['explanation']}"
        table.add_row(
            *(item["issued_at"], item.get("subject", ""), item["marking"]),
            *("yes" if item["sends"] else "no", reason),
        )
    OUT.print(table)
