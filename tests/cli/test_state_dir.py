"""The state directory of a running realm: one holder, stable ports, a snapshot that does not go stale."""

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from entente.realm import found_or_keep
from entente.realm_init import validated_plan
from entente.snapshot_keeper import freshen_snapshot
from entente.state_dir import StateDir
from entente.terminal import CommandFailed
from schemas.realm_plan import RealmPlan

NOW = datetime.now(UTC)


def plan(*nations: str) -> RealmPlan:
    return validated_plan(
        {"name": "R", "nations": tuple({"nation": nation, "display_name": nation} for nation in nations)}
    )


def test_a_second_holder_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    state = StateDir(tmp_path / "state")
    with state.locked():
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
        with pytest.raises(CommandFailed, match=f"process {os.getpid()}"), state.locked():
            pass
    with state.locked():
        pass


def test_the_lock_of_a_dead_holder_is_waited_for_until_its_children_are_gone(tmp_path: Path) -> None:
    state = StateDir(tmp_path / "state")
    with state.locked() as lock:
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, pass_fds=[lock]
        )
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (state.path / "lock").write_text(f"{ended.pid}\n")
    with pytest.raises(CommandFailed, match="runs already"), state.locked(patience=0.3):
        pass
    child.communicate()
    with state.locked(patience=0.3):
        pass


def test_ports_stay_the_same_and_a_taken_one_is_replaced(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    first = state.ports(("broker", "XAA", "XBB"))
    assert len(set(first.values())) == 3
    assert state.ports(("broker", "XAA", "XBB")) == first
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first["XAA"]))
        taken.listen()
        second = state.ports(("broker", "XAA", "XBB"))
    assert second["XAA"] != first["XAA"]
    assert (second["broker"], second["XBB"]) == (first["broker"], first["XBB"])


def test_damaged_port_notes_are_made_anew(tmp_path: Path) -> None:
    for text in ("{", "[]", '{"XAA": "80"}'):
        (tmp_path / "ports.json").write_text(text)
        assert StateDir(tmp_path).ports(("XAA",))["XAA"] > 0


def test_broker_credentials_are_drawn_once_and_are_for_their_owner_alone(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    admin = state.broker_user("admin")
    assert state.broker_user("admin") == admin
    assert state.broker_user("auditor") != admin
    assert (tmp_path / "broker" / "admin.seed").stat().st_mode & 0o777 == 0o600


def test_a_snapshot_in_the_last_third_of_its_life_is_signed_anew_and_no_other(
    tmp_path: Path,
) -> None:
    state = StateDir(tmp_path)
    found_or_keep(state, plan("XAA", "XBB"))
    assert not freshen_snapshot(state.realm, NOW + timedelta(days=19))
    assert state.realm.trust().trust_version == 1
    later = NOW + timedelta(days=21)
    assert freshen_snapshot(state.realm, later)
    assert state.realm.trust().trust_version == 2
    assert state.realm.trust().expires_at > later + timedelta(days=29)
    assert not freshen_snapshot(state.realm, later)


def test_without_the_snapshot_key_the_snapshot_is_left_as_it_is(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    found_or_keep(state, plan("XAA", "XBB"))
    (state.realm.offline / "snapshot-key.json").unlink()
    assert not freshen_snapshot(state.realm, NOW + timedelta(days=21))


def test_a_realm_that_is_there_is_kept_and_another_plan_refused(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    found_or_keep(state, plan("XAA", "XBB"))
    realm = state.realm.realm_id()
    found_or_keep(state, plan("XAA", "XBB"))
    assert state.realm.realm_id() == realm
    with pytest.raises(CommandFailed, match="not of XAA, XCC"):
        found_or_keep(state, plan("XAA", "XCC"))
