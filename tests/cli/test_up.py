"""`entente up` with real processes: what it promises about stopping, crashing and coming back."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from typer.testing import CliRunner

from bus.authority import Realm
from entente.cli import build_app
from entente.realm_files import RealmFiles
from tests.cli.up_process import LOOK_SECONDS, PATIENCE, UpProcess, draft, wait_for_end

CAP = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>coast-0007</identifier><sender>coast@example.org</sender><sent>2021-02-03T04:05:06+00:00</sent>
  <status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
  <info>
    <language>en</language><category>Met</category><event>Storm surge</event><urgency>Expected</urgency>
    <severity>Severe</severity><certainty>Likely</certainty><expires>2021-02-03T16:05:06+00:00</expires>
    <headline>Water 140 cm above normal by evening</headline>
    <area><areaDesc>Western coast</areaDesc><circle>58.0,22.0 40</circle></area>
  </info>
</alert>
"""


def entente(*arguments: str) -> str:
    result = CliRunner().invoke(build_app(arguments[0]), list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_realm_takes_drafts_and_alerts_stops_on_ctrl_c_under_an_open_stream_and_keeps_everything(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    with UpProcess(state) as up:
        assert set(up.gateways) == {"XAA", "XBB"}
        place = up.gateways["XAA"]
        assert Path(place["key_file"]).stat().st_mode & 0o777 == 0o600
        with up.client("XAA") as client:
            assert client.get(place["docs"]).status_code == 200
        file, cap = tmp_path / "draft.json", tmp_path / "alert.cap"
        file.write_text(json.dumps(draft("Container adrift")))
        cap.write_text(CAP)
        where = ("--gateway", place["url"], "--key-file", place["key_file"])
        (answer,) = json.loads(entente("publish", *where, str(file), "--json"))
        assert answer["recipients"] == ["XBB"]
        label = ("--policy", "REALM", "--classification", "OPEN", "--releasable-to", "XBB")
        drill = ("--as-exercise", "SURGE 26", "--replay-now", "--precedence", "ROUTINE")
        (alert,) = json.loads(entente("publish", *where, "--cap", str(cap), *label, *drill, "--json"))
        there = up.gateways["XBB"]
        shown = entente(
            *("tail", "--gateway", there["url"], "--key-file", there["key_file"]),
            *("--after", "0", "--count", "2", "--json"),
        )
        first, second = (json.loads(line) for line in shown.splitlines())
        assert first["message"]["header"]["subject"] == "Container adrift"
        assert second["message_id"] == alert["message_id"]
        assert (second["mode"], second["exercise_id"]) == ("EXERCISE", "SURGE 26")
        assert second["message"]["body"]["source_alert"]["status"] == "Actual"
        again = subprocess.run(
            [sys.executable, "-m", "entente", "up", "--state", state],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert again.returncode == 1
        assert f"runs already (process {up.process.pid})" in again.stderr
        children = up.pids()
        assert set(children) == {"broker", "XAA", "XBB"}
        with up.client("XBB") as client, client.stream("GET", "/v1/inbox/stream") as stream:
            lines = stream.iter_lines()
            assert next(lines)
            assert up.stop(signal.SIGINT) == 0
            assert list(lines) is not None  # the stream came to its end
        for pid in children.values():
            wait_for_end(pid)
    before = up.gateways
    old_kids = {pair.key.kid for pair in RealmFiles(state / "realm").nation_keys("XAA").signing}
    entente("nation", "rotate", "XAA", "--realm", str(state / "realm"), "--revoke-old")
    with UpProcess(state) as up:
        assert up.gateways == before, "addresses and keys stay"
        assert up.inbox("XBB") == [first["message_id"], second["message_id"]]
        third = up.publish("Signed with a new key")
        up.wait_for_messages("XBB", [third])
        with up.client("XBB") as client:
            assert client.get(f"/v1/inbox/{third}").json()["sign_kid"] not in old_kids
        assert up.stop(signal.SIGTERM) == 0


def test_nothing_accepted_is_lost_when_every_process_is_killed_at_once(tmp_path: Path) -> None:
    """Twice, the second time with the broker's store gone as well."""
    state = tmp_path / "state"
    with UpProcess(state) as up:
        accepted = [up.publish("before")]
        up.wait_for_messages("XBB", accepted)
        accepted += _publish_and_kill(up)
    with UpProcess(state) as up:
        _has_each_once_in_order(up, accepted)
        accepted += _publish_and_kill(up)
    shutil.rmtree(state / "broker" / "store")
    with UpProcess(state) as up:
        _has_each_once_in_order(up, accepted)


def _publish_and_kill(up: UpProcess) -> list[str]:
    accepted = [up.publish(f"message {number}") for number in range(20)]
    up.kill_everything()
    return accepted


def _has_each_once_in_order(up: UpProcess, accepted: list[str]) -> None:
    up.wait_for_messages("XBB", accepted)
    accepted.append(up.publish("after"))
    up.wait_for_messages("XBB", accepted[-1:])
    assert up.inbox("XBB") == accepted, "each once, in order"


def test_a_killed_gateway_and_a_killed_broker_come_back_and_no_child_outlives_its_parent(
    tmp_path: Path,
) -> None:
    with UpProcess(tmp_path / "state") as up:
        children, starters = up.pids(), up.starters()
        assert len(starters) == 1
        for victim in ("XBB", "broker"):
            # The process was started by `up`, which this test started.
            os.kill(children[victim], signal.SIGKILL)
            wait_for_end(children[victim])
        message = up.publish("while they are away")
        _wait_for_gateway(up, "XBB")
        up.wait_for_messages("XBB", [message])
        now = up.pids()
        assert set(now) == {"broker", "XAA", "XBB"}
        assert now["XAA"] == children["XAA"]
        assert now["XBB"] != children["XBB"]
        assert now["broker"] != children["broker"]
        told = f"{up.gateways['XBB']['url']}={up.gateways['XBB']['key_file']}"
        entente("nation", "revoke", "XAA", "--realm", str(up.state / "realm"), "--gateway", told)
        # It was brought to XBB alone, which passed it on to the one concerned.
        _wait_for_trust(up, "XAA", 2)
        with up.client("XAA") as client:
            refused = client.post("/v1/messages", json=draft("from a suspended nation"))
        assert refused.json()["code"] == "ORIGINATOR_SUSPENDED"
        entente("nation", "resume", "XAA", "--realm", str(up.state / "realm"), "--gateway", told)
        _wait_for_trust(up, "XAA", 3)
        up.wait_for_messages("XBB", [up.publish("from a nation that may act again")])
        up.process.kill()
        up.process.wait(PATIENCE)
        for pid in (*now.values(), *starters):
            wait_for_end(pid)


def test_new_keys_and_a_new_snapshot_are_used_by_gateways_that_go_on_running(tmp_path: Path) -> None:
    with UpProcess(tmp_path / "state") as up:
        children = up.pids()
        files = RealmFiles(up.state / "realm")
        realm = ("--realm", str(files.directory))
        told = f"{up.gateways['XAA']['url']}={up.gateways['XAA']['key_file']}"
        old_kids = {pair.key.kid for pair in files.nation_keys("XAA").signing}
        published = [up.publish("before")]
        # The recipient's keys, without a word to its gateway but through the originator's; then our own.
        for nation, more in (("XBB", ()), ("XAA", ("--revoke-old",))):
            entente("nation", "rotate", nation, *realm, "--gateway", told, *more)
            published += [up.publish(f"after {nation}, {number}") for number in range(5)]
        up.wait_for_messages("XBB", published)
        assert sorted(up.inbox("XBB")) == sorted(published), "each once"
        with up.client("XBB") as client:
            assert client.get(f"/v1/inbox/{published[-1]}").json()["sign_kid"] not in old_kids
        _wait_until_delivered(up, len(published))
        # A snapshot with two seconds to live: the realm renews it by itself.
        with files.exclusively():
            short = Realm.read(files.trust()).snapshotted(
                files.snapshot_key(), now=datetime.now(UTC), lifetime=timedelta(seconds=2)
            )
            files.publish(short)
        for nation in up.gateways:
            _wait_for_trust(up, nation, 5)
            with up.client(nation) as client:
                trust = client.get("/v1/trust").json()
                assert datetime.fromisoformat(trust["expires_at"]) > datetime.now(UTC) + timedelta(days=29)
        assert any("snapshot was renewed: trust version 5" in line for line in up.log)
        up.wait_for_messages("XBB", [up.publish("under the new snapshot")])
        assert up.pids() == children, "nothing was started anew"


def _wait_until_delivered(up: UpProcess, count: int) -> None:
    """Until a signed receipt came for each: receipts are signed and sealed with the new keys, too."""
    deadline = time.monotonic() + PATIENCE
    with up.client("XAA") as client:
        while True:
            items = client.get("/v1/messages?limit=100").json()["items"]
            assert len(items) == count
            if {row["state"] for item in items for row in item["deliveries"]} == {"delivered"}:
                return
            assert time.monotonic() < deadline


def _wait_for_trust(up: UpProcess, nation: str, version: int) -> None:
    deadline = time.monotonic() + PATIENCE
    with up.client(nation) as client:
        while client.get("/v1/trust").json()["trust_version"] < version:
            assert time.monotonic() < deadline
            time.sleep(LOOK_SECONDS)


def _wait_for_gateway(up: UpProcess, nation: str) -> None:
    """Until it listens again: a refused connection is the only sign there is meanwhile."""
    deadline = time.monotonic() + PATIENCE
    with up.client(nation) as client:
        while True:
            try:
                if client.get("/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass  # not yet
            assert time.monotonic() < deadline
            time.sleep(LOOK_SECONDS)
