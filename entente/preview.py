"""`entente preview`: who would get a draft, why, and what would have to change; nothing is sent."""

import sys
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.table import Table
from rich.text import Text

from entente.gateway_client import (
    KeyFileOption,
    answered,
    gateway_client,
    problem_lines,
    required_api_key,
)
from entente.terminal import OUT, CommandFailed, read_file, say, write_json
from schemas.wire import MAX_CONTENT_BYTES


def preview(
    draft: Annotated[Path, typer.Argument(metavar="DRAFT.json", help="A draft; - for standard input.")],
    gateway: Annotated[str, typer.Option(help="The gateway's URL.")] = "http://127.0.0.1:8080",
    key_file: KeyFileOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the gateway's answer as JSON.")] = False,
) -> None:
    """Show nation by nation who would get a draft, why, and what would have to change.

    Ends with code 1 when publishing would refuse the draft.
    """
    key = required_api_key(key_file)
    body = _standard_input() if str(draft) == "-" else read_file(draft, MAX_CONTENT_BYTES)
    with gateway_client(gateway, key) as client:
        table = preview_of(client, body)
    if as_json:
        write_json(table)
    else:
        show_preview(table)
    check_accepted(table)


def check_accepted(table: dict[str, Any]) -> None:
    """CommandFailed when publishing would refuse the draft."""
    if not table["would_be_accepted"]:
        raise CommandFailed("\n".join(["publishing would refuse it:", *problem_lines(table["problem"])]))


def preview_of(client: httpx.Client, body: bytes) -> dict[str, Any]:
    """The gateway's table. Raises GatewayRefusedError for what is no draft, or may not be asked."""
    table: dict[str, Any] = answered(
        client.post("/v1/release-preview", content=body, headers={"Content-Type": "application/json"})
    )
    return table


def show_preview(table: dict[str, Any]) -> None:
    """The table for a person: for who does not get it, what would have to change."""
    shown = Table("Nation", "Addressed", "Gets it", "Why", "To get it, or more", show_lines=True)
    for row in table["decisions"]:
        # Text, not markup: titles of agreements are other nations' words.
        shown.add_row(
            row["nation"],
            row["addressed"],
            _got(row),
            Text(f"{row['sentence']}\n{row['code']}"),
            Text("\n".join(_changes(row))),
        )
    OUT.print(shown)
    if second := table.get("second_person"):
        say(f"it would wait for a second person until {second['until']}: {second['why']}")
    for warning in table.get("warnings", ()):
        say(f"warning {warning['code']}: {warning['explanation']} (at {warning['pointer']})")


def _got(row: dict[str, Any]) -> str:
    if not row["permit"]:
        return "no"
    return f"version {row['version']}" if "version" in row else "yes"


def _changes(row: dict[str, Any]) -> list[str]:
    """What would give the nation the message, or a fuller version of it."""
    told = [] if row["permit"] else [_in_words(row["ways"])]
    for fuller in row.get("fuller", ()):
        told.append(f"for version {fuller['version']} ({fuller['code']}): {_in_words(fuller['ways'])}")
    return told


def _in_words(ways: list[dict[str, Any]]) -> str:
    """Each way on a line of its own; steps of one way belong together."""
    texts = ["; and ".join(step["text"] for step in way["steps"]) for way in ways]
    return "\n".join(f"{'or: ' if number else ''}{text}" for number, text in enumerate(texts))


def _standard_input() -> bytes:
    data = sys.stdin.buffer.read(MAX_CONTENT_BYTES + 1)
    if len(data) > MAX_CONTENT_BYTES:
        raise CommandFailed(f"standard input is larger than {MAX_CONTENT_BYTES} bytes")
    return data
