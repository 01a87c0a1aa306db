"""`entente tail`: follow a nation's inbox as it fills."""

import json
import time
from collections.abc import Iterator
from typing import Annotated, Any

import httpx
import typer

from entente.gateway_client import KeyFileOption, answered, gateway_client, required_api_key
from entente.terminal import OUT, say
from schemas.header import Kind

LONGEST_PAUSE = 10.0
SILENCE = 60.0
"""Seconds without even a keep-alive comment after which the connection is taken for dead."""


def tail(
    gateway: Annotated[str, typer.Option(help="The gateway's URL.")] = "http://127.0.0.1:8080",
    key_file: KeyFileOption = None,
    after: Annotated[
        int | None, typer.Option(min=0, help="Begin after this inbox number; 0 is the whole inbox.")
    ] = None,
    kind: Annotated[Kind | None, typer.Option(help="Only this kind.")] = None,
    count: Annotated[int, typer.Option(min=0, help="End after so many messages; 0 goes on.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document per line.")] = False,
) -> None:
    """Follow the inbox until Ctrl-C. A lost connection is made again, with nothing missed or shown twice."""
    key = required_api_key(key_file)
    for shown, entry in enumerate(_entries(gateway, key, after, kind), 1):
        if as_json:
            OUT.file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            OUT.file.flush()
        else:
            # One entry, one line: only a terminal breaks what is longer than it is wide.
            OUT.print(_line(entry), markup=False, soft_wrap=not OUT.is_terminal)
        if shown == count:
            return


def _entries(gateway: str, key: str, after: int | None, kind: Kind | None) -> Iterator[dict[str, Any]]:
    position, pause = after, 0.5
    while True:
        parameters: dict[str, Any] = {} if position is None else {"after": position}
        if kind is not None:
            parameters["kind"] = kind.value
        try:
            with (
                gateway_client(gateway, key, SILENCE) as client,
                client.stream("GET", "/v1/inbox/stream", params=parameters) as response,
            ):
                if response.status_code != 200:
                    response.read()
                    answered(response)
                pause = 0.5
                for entry in _events(response.iter_lines()):
                    position = entry["inbox_seq"]
                    yield entry
        except httpx.TransportError as error:
            say(f"connection lost ({type(error).__name__}); trying again in {pause:.1f} s")
        else:
            say(f"the gateway ended the stream; trying again in {pause:.1f} s")
        time.sleep(pause)
        pause = min(LONGEST_PAUSE, 2 * pause)


def _events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    data: list[str] = []
    for line in lines:
        if line.startswith("data: "):
            data.append(line[6:])
        elif not line and data:
            yield json.loads("\n".join(data))
            data = []


def _line(entry: dict[str, Any]) -> str:
    said = "(recalled)"
    if "message" in entry:
        header, label = entry["message"]["header"], entry["message"]["label"]
        said = f"{label['classification']}  {header['subject']}"
    mode = entry["mode"] + (f" {entry['exercise_id']}" if entry.get("exercise_id") else "")
    flags = "".join(f" [{name.upper()}]" for name in ("late", "expired") if entry.get(name))
    return (
        f"{entry['inbox_seq']:>6}  {entry['received_at']}  {entry['originator']}  {entry['precedence']:<9} "
        f"{mode}  {entry['kind']}  {said}{flags}"
    )
