"""`entente recall`: says what a recall does not do, waits for confirmations, shows who had read it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from entente.cli import build_app
from entente.terminal import CommandFailed
from tests.cli.up_process import UpProcess, draft


def run(*arguments: str) -> Result:
    return CliRunner().invoke(build_app(arguments[0]), list(arguments))


def test_a_recall_is_followed_until_everybody_has_confirmed(tmp_path: Path, realm_at_work: UpProcess) -> None:
    file = tmp_path / "draft.json"
    file.write_text(json.dumps(draft("Not to be quoted")))
    place = realm_at_work.gateways["XAA"]
    access = ("--gateway", place["url"], "--key-file", place["key_file"])
    published = run("publish", str(file), *access, "--json")
    assert published.exit_code == 0, published.output
    [accepted] = json.loads(published.stdout)
    name = accepted["publication_id"]
    realm_at_work.wait_for_messages("XBB", [accepted["message_id"]])

    told = json.loads(run("recall", name, *access, "--follow", "--json").stdout)
    assert told["publications"] == [name]
    assert all(nation["outcome"] for nation in told["nations"])
    shown = run("recall", name, *access)
    assert shown.exit_code == 0, shown.output
    assert "cannot un-send" in " ".join(shown.stdout.split())
    assert "XBB" in shown.stdout

    nothing = run("recall", "01890000-0000-7000-8000-000000000000", *access)
    assert isinstance(nothing.exception, CommandFailed)
    assert "NOT_FOUND" in str(nothing.exception)


def test_without_a_key_file_nothing_is_recalled() -> None:
    with pytest.raises(CommandFailed, match="--key-file"):
        CliRunner().invoke(build_app("recall"), ["recall", "x"], catch_exceptions=False)
