"""`entente preview`: the table for people and for machines, from a file and from standard input."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from entente.cli import build_app
from entente.gateway_client import GatewayRefusedError
from entente.terminal import CommandFailed
from tests.cli.up_process import UpProcess, draft


def run(*arguments: str, given: bytes | None = None) -> Result:
    """The command's result; what it raises stands in its ``exception``."""
    return CliRunner().invoke(build_app(arguments[0]), list(arguments), input=given)


def encoded(**header: Any) -> bytes:
    """A draft of XAA for XBB with some of its header replaced."""
    made = draft("Not to be quoted")
    made["header"] |= header
    return json.dumps(made).encode()


def test_a_draft_is_previewed_and_nothing_is_sent(tmp_path: Path, realm_at_work: UpProcess) -> None:
    file = tmp_path / "draft.json"
    file.write_bytes(encoded())
    before = _published(realm_at_work)
    place = realm_at_work.gateways["XAA"]
    access = ("--gateway", place["url"], "--key-file", place["key_file"])

    result = run("preview", str(file), *access)
    assert result.exit_code == 0, result.output
    assert "RELEASE_PERMITTED" in result.stdout
    assert " yes " in result.stdout

    table = json.loads(run("preview", "-", *access, "--json", given=encoded()).stdout)
    assert table["recipients"] == ["XBB"]
    assert json.loads(run("publish", str(file), *access, "--preview", "--json").stdout) == [table]

    exercise = encoded(mode="TEST")
    refused = run("preview", "-", *access, given=exercise)
    assert isinstance(refused.exception, CommandFailed)
    assert "publishing would refuse it:\n  MODE_NOT_COVERED: " in str(refused.exception)
    assert "agree on a next version of agreement all" in _one_line(refused.stdout)
    file.write_bytes(exercise)
    through_publish = run("publish", str(file), *access, "--preview")
    assert (through_publish.stdout, str(through_publish.exception)) == (
        refused.stdout,
        str(refused.exception),
    )
    assert not json.loads(run("preview", "-", *access, "--json", given=exercise).stdout)["would_be_accepted"]

    assert isinstance(run("preview", "-", *access, given=b"{").exception, GatewayRefusedError)
    assert _published(realm_at_work) == before


def _published(up: UpProcess) -> list[Any]:
    """What XAA has sent so far."""
    with up.client("XAA") as client:
        return [item["publication_id"] for item in client.get("/v1/messages?limit=500").json()["items"]]


def _one_line(table: str) -> str:
    """The text of the table's last column, unbroken."""
    cells = [line.split("│")[-2].strip() for line in table.splitlines() if line.count("│") > 3]
    return " ".join(cells)


@pytest.mark.parametrize("size", [256 * 1024 + 1])
def test_an_endless_input_is_not_read_to_its_end(size: int, tmp_path: Path) -> None:
    key = tmp_path / "api.key"
    key.write_text("ent_0")
    key.chmod(0o600)
    result = run("preview", "-", "--key-file", str(key), given=b" " * size)
    assert isinstance(result.exception, CommandFailed)
    assert "larger than" in str(result.exception)
