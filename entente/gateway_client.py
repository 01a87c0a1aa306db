"""Talking to a gateway's HTTP API from the command line."""

from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from bus.keystore import read_secret
from entente.terminal import CommandFailed

PATIENCE = 30.0


class GatewayRefusedError(CommandFailed):
    """The gateway answered with a problem (RFC 9457); `problem` is its body."""

    def __init__(self, problem: dict[str, Any], status: int) -> None:
        code = problem.get("code", status)
        first = f"the gateway refused it: {code}: {problem.get('detail', '')}"
        super().__init__("\n".join([first, *problem_lines(problem)[1:]]))
        self.problem = problem


def problem_lines(problem: dict[str, Any]) -> list[str]:
    """A problem for a person: code and detail, then where, then what to do."""
    lines = [f"  {problem.get('code')}: {problem.get('detail', '')}"]
    faults = problem.get("errors") or []
    if not faults and problem.get("pointer"):
        faults = [{"pointer": problem["pointer"], "detail": problem.get("detail", "")}]
    lines += [f"  at {fault.get('pointer') or 'the top'}: {fault.get('detail')}" for fault in faults]
    if problem.get("what_to_do"):
        lines.append(f"  {problem['what_to_do']}")
    return lines


KeyFileOption = Annotated[Path | None, typer.Option(help="File with the API key (mode 0600). Required.")]


def required_api_key(file: Path | None) -> str:
    """The API key of `--key-file`. CommandFailed when that was not given, KeyFileError."""
    if file is None:
        raise CommandFailed("give the file with the API key: --key-file FILE")
    return read_api_key(file)


def read_api_key(file: Path) -> str:
    """The API key in a file that only its owner can read. KeyFileError."""
    return read_secret(file).decode("ascii", "replace").strip()


def gateway_client(url: str, key: str, patience: float | None = PATIENCE) -> httpx.Client:
    """A client for one gateway. The key goes nowhere else: no redirects, no proxies from the environment."""
    return httpx.Client(
        base_url=url,
        headers={"Authorization": f"Bearer {key}"},
        timeout=patience,
        trust_env=False,
        follow_redirects=False,
    )


def answered(response: httpx.Response) -> Any:
    """The JSON of a success. GatewayRefusedError for a problem, CommandFailed for anything else."""
    try:
        body = response.json()
    except ValueError:
        raise CommandFailed(f"{response.url.host} answered {response.status_code} with no JSON") from None
    if response.is_success:
        return body
    if isinstance(body, dict):
        raise GatewayRefusedError(body, response.status_code)
    raise CommandFailed(f"{response.url.host} answered {response.status_code}")
