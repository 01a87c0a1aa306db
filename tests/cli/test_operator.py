"""`entente operator`: people in a gateway's store, and how their passwords get there."""

import io
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from entente import operator_password
from entente.cli import build_app
from entente.terminal import CommandFailed
from gateways.operators.hashing import Cost, Hashing
from gateways.store_file import STORE_FILE
from schemas.audit import AuditRecord
from tests.cli.test_commands import run

PASSWORD = "seven herons cross the ford"


@dataclass
class Place:
    """A gateway's state directory and key file."""

    state: Path
    keys: Path
    password: Path

    @property
    def flags(self) -> tuple[str, ...]:
        return ("--state-dir", str(self.state), "--keys-file", str(self.keys))

    def operator(self, *arguments: str) -> str:
        return run("operator", arguments[0], *arguments[1:], *self.flags)

    def add(self, name: str = "anna", *options: str) -> str:
        return self.operator("add", name, *(options or ("--role", "watch_officer")), *self.from_file)

    @property
    def from_file(self) -> tuple[str, str]:
        return ("--password-file", str(self.password))

    def listed(self) -> dict[str, dict[str, Any]]:
        return {entry["name"]: entry for entry in json.loads(self.operator("list", "--json"))}

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.state / STORE_FILE)) as store:
            rows = store.execute(statement).fetchall()
            store.commit()
        return rows

    def records(self) -> list[AuditRecord]:
        rows = self.query("SELECT record FROM audit ORDER BY audit_seq")
        return [AuditRecord.model_validate_json(row[0]) for row in rows]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    realm = tmp_path_factory.mktemp("realm") / "realm"
    run("realm", "init", str(realm), "--name", "R", "--nation", "XAA", "--mode", "EXERCISE",
        "--nation", "XBB", "--highest", "NATO:NATO SECRET")  # fmt: skip
    return realm / "nations" / "XAA" / "keys.json"


@pytest.fixture
def costly_place(tmp_path: Path, keys: Path) -> Place:
    """A place where a password's hash costs what it does in production."""
    state = tmp_path / "gateway"
    state.mkdir()
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n")
    return Place(state, keys, password)


@pytest.fixture
def place(costly_place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A place where it costs next to nothing."""
    monkeypatch.setattr(operator_password, "Hashing", lambda: Hashing(Cost(passes=1, memory_kib=64)))
    return costly_place


def test_an_operator_is_added_with_a_password_that_only_its_hash_is_kept_of(costly_place: Place) -> None:
    place = costly_place
    place.operator("add", "anna", "--role", "releaser", "--role", "watch_officer", "--display-name", "Anna B",
                   *place.from_file)  # fmt: skip
    shown = place.listed()["anna"]
    assert shown["roles"] == ["releaser", "watch_officer"]
    assert (shown["display_name"], shown["enabled"], shown["password"]) == ("Anna B", True, "set")
    [(stored,)] = place.query("SELECT password_hash FROM operator")
    assert stored.startswith("$argon2id$v=19$m=47104,t=3,p=1$")
    assert all(PASSWORD.encode() not in file.read_bytes() for file in place.state.iterdir())
    records = [(entry.event.value, entry.operator, entry.role, entry.actor) for entry in place.records()]
    assert records == [
        ("operator.added", "anna", None, "entente operator"),
        ("operator.role-given", "anna", "releaser", "entente operator"),
        ("operator.role-given", "anna", "watch_officer", "entente operator"),
    ]


def test_a_one_time_password_is_shown_once_and_ends(place: Place) -> None:
    text = place.operator("add", "berta", "--role", "auditor", "--one-time").strip()
    shown = place.listed()["berta"]
    assert shown["password"] == "one-time"
    assert shown["password_until"] is not None
    [(stored,)] = place.query("SELECT password_hash FROM operator")
    hashing = Hashing()
    assert hashing._fits(text, stored)
    hashing.close()


def test_a_one_time_password_can_go_to_a_file_for_its_owner_alone(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "first"
    assert place.operator("add", "berta", "--role", "auditor", "--one-time-file", str(file)) == ""
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(file.read_text().strip()) == 24
    with pytest.raises(CommandFailed, match="written over"):
        place.operator("add", "carla", "--role", "auditor", "--one-time-file", str(file))


def test_a_password_can_come_from_standard_input(place: Place) -> None:
    command = ["operator", "add", "anna", "--role", "releaser", "--password-file", "-", *place.flags]
    done = subprocess.run(
        [sys.executable, "-m", "entente", *command], input=PASSWORD.encode() + b"\n", timeout=60, check=False
    )
    assert done.returncode == 0
    assert place.listed()["anna"]["password"] == "set"


def test_without_a_terminal_nothing_is_asked_and_nothing_is_done(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD))
    with pytest.raises(CommandFailed, match="--password-file or --one-time"):
        place.operator("add", "anna", "--role", "releaser")
    assert place.listed() == {}


def test_no_command_takes_a_password_as_an_argument(place: Place) -> None:
    for command in ("add", "password"):
        for option in ("--password", "-p"):
            result = CliRunner().invoke(build_app(), ["operator", command, "anna", option, PASSWORD])
            assert result.exit_code == 2


REFUSED = [
    ("a name in capitals", ("add", "Anna", "--role", "releaser"), "a name is"),
    ("a name with a blank", ("add", "anna b", "--role", "releaser"), "a name is"),
    ("a name that is taken", ("add", "anna", "--role", "releaser"), "already"),
    ("an auditor who is more", ("add", "berta", "--role", "auditor", "--role", "releaser"), "auditor"),
    ("a password made and given", ("add", "berta", "--role", "auditor", "--one-time"), "one or the other"),
    ("a password of somebody unknown", ("password", "berta"), "no operator"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "words"), [pytest.param(*case[1:], id=case[0]) for case in REFUSED])
def test_what_cannot_be_is_refused(place: Place, arguments: tuple[str, ...], words: str) -> None:
    place.add()
    before = len(place.records())
    with pytest.raises(CommandFailed, match=words):
        place.operator(*arguments, *place.from_file)
    assert len(place.records()) == before
    assert set(place.listed()) == {"anna"}


@pytest.mark.parametrize("text", ["short", "a" * 30, "anna of the watch"])
def test_an_unsuitable_password_is_refused_and_not_quoted(place: Place, text: str) -> None:
    place.password.write_text(text)
    with pytest.raises(CommandFailed) as refused:
        place.add()
    assert text not in str(refused.value)


def test_disabling_and_a_new_password_end_sessions_and_enabling_revives_none(place: Place) -> None:
    place.add()
    session = "INSERT INTO operator_session VALUES ('s', 'anna', 'password', 0, 0, 9000000000000000)"
    count = "SELECT count(*) FROM operator_session"
    place.query(session)
    place.operator("disable", "anna")
    assert place.query(count) == [(0,)]
    with pytest.raises(CommandFailed, match="already"):
        place.operator("disable", "anna")
    place.operator("enable", "anna")
    assert place.listed()["anna"]["enabled"] is True
    with pytest.raises(CommandFailed, match="already"):
        place.operator("enable", "anna")
    place.query(session)
    place.operator("password", "anna", *place.from_file)
    assert place.query(count) == [(0,)]
    assert [entry.event.value for entry in place.records()][2:] == [
        "operator.disabled",
        "operator.enabled",
        "operator.password-set",
    ]


def test_roles_are_given_and_taken_with_a_record_each(place: Place) -> None:
    place.add()
    place.operator(
        "role", "anna", "--give", "releaser", "--give", "exercise_staff", "--take", "watch_officer"
    )
    assert place.listed()["anna"]["roles"] == ["exercise_staff", "releaser"]
    assert [(entry.event.value, entry.role) for entry in place.records()][2:] == [
        ("operator.role-given", "exercise_staff"),
        ("operator.role-given", "releaser"),
        ("operator.role-taken", "watch_officer"),
    ]
    for wrong in (("--give", "auditor"), ("--take", "exercise_staff", "--take", "releaser"), ()):
        with pytest.raises(CommandFailed):
            place.operator("role", "anna", *wrong)
    assert place.listed()["anna"]["roles"] == ["exercise_staff", "releaser"]


def test_the_list_for_people_shows_no_hash(place: Place) -> None:
    place.add()
    text = place.operator("list")
    assert "anna" in text
    assert "argon2" not in text
