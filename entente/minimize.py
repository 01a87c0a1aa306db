"""`entente minimize show|set|lift`: keeping the net free, as an operator who signs in for the one act."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from entente.gateway_client import KeyFileOption, answered, gateway_client, required_api_key
from entente.operator_password import FileOption, known_password
from entente.terminal import OUT, CommandFailed, write_json
from schemas.base import rfc3339
from schemas.header import Precedence

app = typer.Typer(help="MINIMIZE: refuse drafts below a precedence for a while.", no_args_is_help=True)

GatewayOption = Annotated[str, typer.Option(help="The gateway's URL.")]
OperatorOption = Annotated[
    str | None, typer.Option(help="Who signs in: a releaser or security officer. Required.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the gateway's answer as JSON.")]
HERE = "http://127.0.0.1:8080"
PATH = "/v1/minimize"


@app.command("show")
def show(gateway: GatewayOption = HERE, key_file: KeyFileOption = None, as_json: JsonOption = False) -> None:
    """Show whether MINIMIZE is in force."""
    with gateway_client(gateway, required_api_key(key_file)) as client:
        _print(answered(client.get(PATH)), as_json)


@app.command("set")
def set_(
    lowest: Annotated[Precedence, typer.Argument(help="The lowest precedence that is still accepted.")],
    minutes: Annotated[int, typer.Option(min=1, max=30 * 24 * 60, help="For so long from now.")] = 60,
    until: Annotated[str | None, typer.Option(help="Until then instead (RFC 3339).")] = None,
    exercise_too: Annotated[
        bool, typer.Option("--exercise-too", help="Also for EXERCISE and TEST, not only for OPERATION.")
    ] = False,
    gateway: GatewayOption = HERE,
    operator: OperatorOption = None,
    password_file: FileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Refuse drafts below a precedence from now on; what was accepted before is sent."""
    end = until if until is not None else rfc3339(datetime.now(UTC) + timedelta(minutes=minutes))
    body = {"lowest": lowest.value, "exercise_too": exercise_too, "until": end}
    with _signed_in(gateway, operator, password_file) as client:
        _print(answered(client.post(PATH, json=body)), as_json)


@app.command("lift")
def lift(
    gateway: GatewayOption = HERE,
    operator: OperatorOption = None,
    password_file: FileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Accept every precedence again."""
    with _signed_in(gateway, operator, password_file) as client:
        _print(answered(client.delete(PATH)), as_json)


@contextmanager
def _signed_in(gateway: str, name: str | None, password_file: Path | None) -> Iterator[httpx.Client]:
    """A client with a session of its own, which ends with the command."""
    if name is None:
        raise CommandFailed("say who signs in: --operator NAME")
    given = {"name": name, "password": known_password(password_file)}
    with httpx.Client(base_url=gateway, trust_env=False, follow_redirects=False) as client:
        token: str = answered(client.post("/v1/operators/sign-in", json=given))["access_token"]
    with gateway_client(gateway, token) as client:
        try:
            yield client
        finally:
            client.post("/v1/operators/sign-out")


def _print(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        write_json(answer)
    elif not answer["in_force"]:
        OUT.print("MINIMIZE is not in force")
    else:
        modes = "every mode" if answer["exercise_too"] else "mode OPERATION"
        OUT.print(
            f"MINIMIZE until {answer['until']}: {answer['lowest']} and above in {modes}, set by"
            f" {answer['set_by']} at {answer['set_at']}",
            markup=False,
            soft_wrap=True,
        )
