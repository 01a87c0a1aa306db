"""Gateways that run already, as a drill's target: the commands of docker-compose.yml, without containers."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from typer.testing import CliRunner

from bus.embedded import server_binary
from drills.scenario_file import find_scenario, load_scenario
from entente.cli import build_app
from gateways.settings import Settings
from tests.free_ports import free_port
from tests.gateway.running import Gateway, LoopThread


def entente(*arguments: str | Path) -> str:
    """A command in this process; what it prints. AssertionError when it fails."""
    words = [str(each) for each in arguments]
    result = CliRunner().invoke(build_app(words[0]), words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@contextmanager
def gateways_elsewhere(home: Path, scenario: str) -> Iterator[Path]:
    """The target file of the scenario's gateways, all in this process, and their broker.

    Their realm was founded and handed out by commands into ``home``, which must be there and empty.
    """
    nations = [planned.nation for planned in load_scenario(find_scenario(scenario)).realm.nations]
    port, lines = free_port(), ["gateways:"]
    entente("realm", "init", home / "realm", "--scenario", scenario)
    places = [option for nation in nations for option in ("--nation", f"{nation}={home / nation}")]
    entente("realm", "hand-out", home / "realm", *places, "--public", home / "hub")
    hub: tuple[str | Path, ...] = (home / "hub", "--keys", home / "keys", "--quota-mib", "64")
    conf = home / "nats-server.conf"
    entente("broker", "config", *hub, "--out", conf, "--store-dir", home / "store", "--port", str(port))
    with ExitStack() as stack:
        log = stack.enter_context((home / "broker.log").open("wb"))
        broker = subprocess.Popen((server_binary(), "-c", conf), stdout=log, stderr=log)
        stack.callback(broker.wait)
        stack.callback(broker.kill)
        url = f"nats://127.0.0.1:{port}"
        entente("broker", "provision", *hub, "--nats-url", url, "--within", "20")
        loop = LoopThread()
        stack.callback(loop.close)
        for nation in nations:
            own = home / nation
            (own / "state").mkdir()
            store = ("--state-dir", own / "state", "--keys-file", own / "keys.json")
            entente("key", "add", "drill", *store, "--every-scope", "--key-file", own / "partner.key")
            settings = Settings(
                nation=nation,
                realm=(own / "realm-id").read_text().strip(),
                state_dir=own / "state",
                keys_file=own / "keys.json",
                trust_dir=own / "trust",
                nats_url=url,
                port=0,
            )
            gateway = Gateway(loop, settings)
            stack.callback(gateway.stop)
            lines.append(f"  {nation}: {{url: '{gateway.url}', key_file: {nation}/partner.key}}")
        file = home / "target.yaml"
        file.write_text("\n".join(lines))
        yield file
