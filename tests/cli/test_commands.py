"""Commands that need no running realm: nation, key, doctor, publish's flags, the command line itself."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bus.keystore import KeyFileError
from bus.protocol.errors import TrustError
from entente.cli import COMMANDS, GROUPS, build_app
from entente.realm_files import RealmFiles
from entente.terminal import CommandFailed
from gateways.http.api_keys import Scope
from gateways.store_file import STORE_FILE
from schemas.audit import AuditEvent, AuditRecord
from schemas.trust import NationStatus


def run(*arguments: str) -> str:
    result = CliRunner().invoke(build_app(), list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def realm(tmp_path: Path) -> RealmFiles:
    run(
        *("realm", "init", str(tmp_path / "realm"), "--name", "R", "--nation", "XAA", "--nation", "XBB"),
        *("--mode", "EXERCISE", "--highest", "NATO:NATO SECRET"),
    )
    return RealmFiles(tmp_path / "realm")


def test_revoking_a_key_makes_the_next_record_and_the_next_trust_version(realm: RealmFiles) -> None:
    kid = realm.trust().nations["XAA"].record.keys[0].kid
    outcome = json.loads(
        run("nation", "revoke", "XAA", "--realm", str(realm.directory), "--kid", kid, "--json")
    )
    trust = realm.trust()
    assert outcome["trust_version"] == trust.trust_version == 2
    assert trust.nations["XAA"].record.version == 2
    assert trust.nations["XAA"].keys[kid].revoked_at is not None


def test_revoking_a_nation_suspends_it(realm: RealmFiles) -> None:
    run("nation", "revoke", "XBB", "--realm", str(realm.directory))
    assert realm.trust().nations["XBB"].status is NationStatus.SUSPENDED
    assert realm.trust().nations["XAA"].status is NationStatus.ACTIVE


def test_a_suspension_is_lifted_and_only_a_suspension(realm: RealmFiles) -> None:
    with pytest.raises(CommandFailed, match="XBB is not suspended"):
        run("nation", "resume", "XBB", "--realm", str(realm.directory))
    assert realm.trust().trust_version == 1
    run("nation", "revoke", "XBB", "--realm", str(realm.directory))
    run("nation", "resume", "XBB", "--realm", str(realm.directory))
    assert realm.trust().nations["XBB"].status is NationStatus.ACTIVE
    assert realm.trust().trust_version == 3


def test_a_new_snapshot_says_the_same_for_another_thirty_days(realm: RealmFiles) -> None:
    before = realm.trust()
    outcome = json.loads(run("realm", "snapshot", str(realm.directory), "--json"))
    after = realm.trust()
    assert outcome["trust_version"] == after.trust_version == before.trust_version + 1
    assert (after.snapshot.nations, after.snapshot.documents) == (
        before.snapshot.nations,
        before.snapshot.documents,
    )
    assert after.expires_at > before.expires_at
    assert after.expires_at - after.snapshot.issued_at == timedelta(days=30)


def test_snapshots_signed_at_once_by_two_processes_get_two_numbers(realm: RealmFiles) -> None:
    commands = [
        subprocess.Popen([sys.executable, "-m", "entente", "realm", "snapshot", str(realm.directory)])
        for _ in range(3)
    ]
    assert [command.wait(60) for command in commands] == [0, 0, 0]
    assert realm.trust().trust_version == 4


def test_rotating_gives_new_keys_in_the_file_and_in_the_record(realm: RealmFiles) -> None:
    before = {pair.key.kid for pair in realm.nation_keys("XAA").signing}
    run("nation", "rotate", "XAA", "--realm", str(realm.directory), "--use", "message", "--mode", "EXERCISE")
    after = {pair.key.kid for pair in realm.nation_keys("XAA").signing}
    assert len(after - before) == 1
    assert after - before <= set(realm.trust().nations["XAA"].keys)
    assert realm.keys_file("XAA").stat().st_mode & 0o777 == 0o600


def test_without_the_offline_keys_nothing_can_be_revoked(realm: RealmFiles) -> None:
    (realm.offline / "snapshot-key.json").unlink()
    with pytest.raises(KeyFileError, match="snapshot-key"):
        run("nation", "revoke", "XAA", "--realm", str(realm.directory))
    assert realm.trust().trust_version == 1


def test_a_snapshot_by_another_key_is_not_put_into_the_bundle(realm: RealmFiles) -> None:
    (realm.offline / "snapshot-key.json").write_bytes((realm.offline / "realm-root-1.json").read_bytes())
    with pytest.raises(TrustError, match="TRUST_SIGNATURE"):
        run("nation", "revoke", "XAA", "--realm", str(realm.directory))
    assert realm.trust().trust_version == 1


def test_a_gateway_that_cannot_be_told_is_named_and_the_exit_code_says_so(
    realm: RealmFiles, tmp_path: Path
) -> None:
    key = tmp_path / "api.key"
    key.touch(0o600)
    place = f"http://127.0.0.1:9={key}"
    with pytest.raises(CommandFailed, match="1 of 1 gateways"):
        run("nation", "revoke", "XAA", "--realm", str(realm.directory), "--gateway", place)


def test_api_keys_are_added_listed_and_revoked_in_a_gateways_store(realm: RealmFiles, tmp_path: Path) -> None:
    state = tmp_path / "gateway"
    state.mkdir()
    place = ("--state-dir", str(state), "--keys-file", str(realm.keys_file("XAA")))
    text = run("key", "add", "harbour system", *place, "--scope", "messages:write", "--days", "30").strip()
    listed = json.loads(run("key", "list", *place, "--json"))
    assert [(key["name"], key["state"], key["scopes"]) for key in listed] == [
        ("harbour system", "in force", ["messages:write"])
    ]
    assert text.startswith(f"ent_{listed[0]['key_id']}_")
    secret = text.rpartition("_")[2]
    assert all(secret.encode() not in path.read_bytes() for path in state.iterdir())
    run("key", "revoke", listed[0]["key_id"], *place)
    assert json.loads(run("key", "list", *place, "--json"))[0]["state"] == "revoked"
    with pytest.raises(CommandFailed, match="no key"):
        run("key", "revoke", listed[0]["key_id"], *place)
    with closing(sqlite3.connect(state / STORE_FILE)) as store:
        records = [
            AuditRecord.model_validate_json(row[0])
            for row in store.execute("SELECT record FROM audit ORDER BY audit_seq")
        ]
    assert [(record.event, record.key_id) for record in records] == [
        (AuditEvent.API_KEY_ADDED, listed[0]["key_id"]),
        (AuditEvent.API_KEY_REVOKED, listed[0]["key_id"]),
    ]


def test_a_key_written_to_a_file_is_for_its_owner_alone_and_never_over_another(
    realm: RealmFiles, tmp_path: Path
) -> None:
    state = tmp_path / "gateway"
    state.mkdir()
    place = ("--state-dir", str(state), "--keys-file", str(realm.keys_file("XAA")))
    target = tmp_path / "partner.key"
    add = ("key", "add", "p", *place, "--scope", "inbox:read", "--key-file", str(target))
    assert run(*add) == ""
    assert target.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandFailed, match="nothing is written over"):
        run(*add)


def test_a_key_has_the_scopes_that_are_named_or_every_one_and_never_none(
    realm: RealmFiles, tmp_path: Path
) -> None:
    state = tmp_path / "gateway"
    state.mkdir()
    place = ("--state-dir", str(state), "--keys-file", str(realm.keys_file("XAA")))
    run("key", "add", "all", *place, "--every-scope")
    (listed,) = json.loads(run("key", "list", *place, "--json"))
    assert set(listed["scopes"]) == {scope.value for scope in Scope}
    for wrong in ((), ("--every-scope", "--scope", "inbox:read")):
        with pytest.raises(CommandFailed, match="--every-scope"):
            run("key", "add", "none", *place, *wrong)


LABEL = ["--policy", "NATO", "--classification", "NATO RESTRICTED", "--releasable-to", "XBB"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param([], "either DRAFT.json or --cap", id="neither a draft nor an alert"),
        pytest.param(["--cap", "{cap}"], "nothing stands in for it", id="an alert without a label"),
        pytest.param(
            ["--cap", "{cap}", *LABEL[:4]], "nothing stands in for it", id="a label that names nobody"
        ),
        pytest.param(["--cap", "{cap}", *LABEL], "CAP_", id="an alert that is no CAP 1.2"),
        pytest.param(["--cap", "{none}", *LABEL], "cannot be read", id="an alert that is not there"),
        pytest.param(["{cap}", *LABEL], "carries its own", id="a label for a draft that has one"),
        pytest.param(["--cap", "{cap}", *LABEL, "--as-exercise", "a\nb"], "exercise id", id="no exercise id"),
    ],
)
def test_publish_refuses_before_anything_is_sent(tmp_path: Path, arguments: list[str], words: str) -> None:
    key, cap = tmp_path / "api.key", tmp_path / "alert.cap"
    key.touch(0o600)
    cap.write_text('<alert xmlns="urn:oasis:names:tc:emergency:cap:1.1"/>')
    filled = [text.format(cap=cap, none=tmp_path / "none") for text in arguments]
    with pytest.raises(CommandFailed, match=words):
        run("publish", "--gateway", "http://127.0.0.1:9", "--key-file", str(key), *filled)


def test_publish_reads_no_key_that_others_can_read(tmp_path: Path) -> None:
    key = tmp_path / "api.key"
    key.touch(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        run("publish", str(tmp_path / "draft.json"), "--key-file", str(key))


def test_doctor_finds_this_machine_fit_and_open_secrets_unfit(tmp_path: Path) -> None:
    findings: list[dict[str, Any]] = json.loads(run("doctor", "--state", str(tmp_path), "--json"))
    assert len(findings) == 7
    assert all(finding["good"] for finding in findings), findings
    secret = tmp_path / "keys.json"
    secret.touch(0o644)
    with pytest.raises(CommandFailed, match="1 of 7"):
        run("doctor", "--state", str(tmp_path))


def test_every_subject_loads_alone_as_it_does_with_the_others() -> None:
    for name in (*GROUPS, *COMMANDS):
        result = CliRunner().invoke(build_app(name), [name, "--help"])
        assert result.exit_code == 0
        assert name in result.stdout


def test_what_goes_wrong_is_one_line_and_an_exit_code(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "entente", "nation", "revoke", "XAA", "--realm", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.strip() == f"entente: {tmp_path} holds no realm (no readable realm-id)"


def test_a_gateway_without_settings_says_which_are_missing() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "entente", "gateway", "run"],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "ENTENTE_GATEWAY_NATION": "XAA"},
    )
    assert ended.returncode == 1
    assert "ENTENTE_GATEWAY_NATS_URL: is missing" in ended.stderr
    assert "NATION" not in ended.stderr


STDIN_ENDED = "import asyncio\nfrom entente.gateway import stdin_ended\nasyncio.run(stdin_ended())"


def test_a_gateway_that_ends_with_its_standard_input_ends_at_once_without_any() -> None:
    subprocess.run([sys.executable, "-c", STDIN_ENDED], stdin=subprocess.DEVNULL, check=True, timeout=60)


def test_a_gateway_that_ends_with_its_standard_input_reads_on_until_it_does() -> None:
    with subprocess.Popen([sys.executable, "-c", STDIN_ENDED], stdin=subprocess.PIPE) as running:
        assert running.stdin is not None
        running.stdin.write(b"ignored")
        running.stdin.close()
        assert running.wait(60) == 0


def test_doctor_reads_the_release_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "release.yaml"
    file.write_text("two_person: [{policy: NATO, classification: NATO SECRET}]", encoding="utf-8")
    at = ("doctor", "--state", str(tmp_path))
    found = json.loads(run(*at, "--release-policy", str(file), "--json"))[-1]
    assert (found["what"], found["good"]) == ("Release policy", True)
    assert found["found"].endswith("1. NATO SECRET and above, OPERATION")
    file.write_text("two_person: [{policy: NATO}]", encoding="utf-8")
    monkeypatch.setenv("ENTENTE_GATEWAY_RELEASE_POLICY_FILE", str(file))
    with pytest.raises(CommandFailed, match="1 of 7"):
        run(*at)
