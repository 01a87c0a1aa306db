"""What containers reach, hold and may do, in the realm that `make compose-drill` started and names."""

import json
import os
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

PROJECT = os.environ.get("ENTENTE_COMPOSE_PROJECT", "")
pytestmark = pytest.mark.skipif(
    not PROJECT, reason="needs a realm in containers: make compose-drill starts one and runs these tests"
)
NATIONS = ("xaa", "xbb", "xcc", "xdd", "xee")
REACH = Path(__file__).with_name("reach.py").read_text(encoding="utf-8")
OUTSIDE = "198.51.100.1"
"""Documentation's own address: a network that leads out would at least try it."""


def docker(*arguments: str, patience: float = 120) -> str:
    """What docker prints. AssertionError when it fails."""
    done = subprocess.run(
        ("docker", *arguments), capture_output=True, text=True, timeout=patience, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def container(service: str) -> dict[str, Any]:
    """A running container's inspection."""
    labels = [f"label=com.docker.compose.{key}" for key in (f"project={PROJECT}", f"service={service}")]
    (found,) = docker("ps", "-q", *(f"--filter={label}" for label in labels)).split()
    inspected: dict[str, Any] = json.loads(docker("inspect", found))[0]
    return inspected


def addresses(service: str) -> dict[str, str]:
    """A container's addresses by network, without the project's name."""
    networks = container(service)["NetworkSettings"]["Networks"]
    return {name.removeprefix(f"{PROJECT}_"): each["IPAddress"] for name, each in networks.items()}


def ports_of(service: str) -> list[dict[str, str]]:
    """Where a console's port is published."""
    published: list[dict[str, str]] = container(service)["NetworkSettings"]["Ports"]["8443/tcp"]
    return published


def within(service: str, *command: str) -> str:
    """What a command prints in a container."""
    return docker("exec", container(service)["Id"], *command, patience=300)


def reach(service: str, **asked: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(within(service, "python", "-c", REACH, json.dumps(asked)))
    return found


@pytest.fixture
def listener() -> Iterator[int]:
    """Something of this machine that listens on its loopback address: its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def listening(service: str) -> set[int]:
    """The ports on which something listens in a container for others, as its kernel says."""
    rows = within(service, "cat", "/proc/net/tcp", "/proc/net/tcp6").splitlines()
    local = [row.split()[1] for row in rows if len(row.split()) > 3 and row.split()[3] == "0A"]
    loopback = ("7F", "0B00007F", "0100007F")
    return {int(each.split(":")[1], 16) for each in local if not each.startswith(loopback)}


def test_a_gateway_reaches_the_broker_and_its_own_console_and_no_other_port() -> None:
    assert (listening("gateway-xaa"), listening("console-xaa")) == ({8080}, {8443})
    broker = addresses("broker")["xaa"]
    there = {broker: list(range(1, 10_001)), addresses("console-xaa")["xaa"]: [8443]}
    found = reach("gateway-xaa", ports=there)["ports"]
    assert {place for place, what in found.items() if what == "open"} == {
        f"{broker}:4222",
        f"{addresses('console-xaa')['xaa']}:8443",
    }


@pytest.mark.parametrize("service", ["gateway-xaa", "console-xaa"])
def test_nothing_of_another_nation_and_nothing_outside_is_reached(service: str) -> None:
    far = [f"{role}-{nation}" for role in ("gateway", "console") for nation in NATIONS if nation != "xaa"]
    ports = {address: [4222, 8080, 8443] for each in (*far, "broker") for address in addresses(each).values()}
    del ports[addresses("broker")["xaa"]]
    found = reach(
        service, some_ports={**ports, OUTSIDE: [443]}, names=[*far, "streams", "broker", "gateway-xaa"]
    )
    assert "open" not in found["ports"].values(), found["ports"]
    assert "refused" not in found["ports"].values(), found["ports"]
    assert [name for name, known in found["names"].items() if known] == ["broker", "gateway-xaa"]


@pytest.mark.parametrize("service", ["gateway-xaa", "console-xaa"])
def test_what_this_machine_keeps_to_itself_is_not_reached(service: str, listener: int) -> None:
    """What it offers on every address is, unless its firewall says otherwise (docs/operations.md)."""
    networks = container(service)["NetworkSettings"]["Networks"].values()
    ports = {each["Gateway"]: [listener] for each in networks if each["Gateway"]}
    for published in (each for nation in NATIONS for each in ports_of(f"console-{nation}")):
        for there in ports.values():
            there.append(int(published["HostPort"]))
    assert ports
    assert "open" not in reach(service, ports=ports)["ports"].values()


def test_the_broker_takes_nobody_without_credentials() -> None:
    talk = (
        "import socket; s = socket.create_connection(('broker', 4222)); f = s.makefile('rwb'); f.readline();"
        "f.write(b'CONNECT {}\\r\\nPING\\r\\n'); f.flush(); print(f.readline().decode())"
    )
    assert "Authorization Violation" in within("gateway-xaa", "python", "-c", talk)


def test_a_console_finds_no_door_at_its_gateway_without_a_key() -> None:
    asked = """
import json, urllib.request, urllib.error
def status(path):
    try:
        return urllib.request.urlopen('http://gateway-xaa:8080' + path).status
    except urllib.error.HTTPError as error:
        return error.code
print(json.dumps({path: status(path) for path in %r}))
"""
    closed = (
        "/v1/inbox",
        "/v1/messages",
        "/v1/audit",
        "/v1/trust",
        "/v1/partners",
        "/v1/traffic",
        "/metrics",
    )
    answers = json.loads(within("console-xaa", "python", "-c", asked % [*closed, "/healthz", "/nothing"]))
    assert {path: answers[path] for path in closed} == dict.fromkeys(closed, 401)
    assert (answers["/healthz"], answers["/nothing"]) == (200, 404)


@pytest.mark.parametrize("nation", NATIONS)
def test_a_console_is_published_on_this_machine_alone_and_lets_nobody_in(nation: str) -> None:
    published = ports_of(f"console-{nation}")
    assert [each["HostIp"] for each in published] == ["127.0.0.1"]
    base = f"http://127.0.0.1:{published[0]['HostPort']}"
    for path in ("/", "/nations", "/audit"):
        with urllib.request.urlopen(base + path) as page:  # it leads to the sign-in
            assert page.url.startswith(f"{base}/sign-in"), page.url


def test_nothing_else_is_published() -> None:
    for service in ("broker", *(f"gateway-{nation}" for nation in NATIONS)):
        assert not any(container(service)["NetworkSettings"]["Ports"].values())


@pytest.mark.parametrize("service", ["gateway-xaa", "console-xaa"])
def test_a_process_has_no_privilege_and_nothing_to_write_but_its_own(service: str) -> None:
    status = within(service, "cat", "/proc/1/status")
    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Uid:\t10001" in status
    places = "/ /etc /opt/entente /usr/local/lib/entente"
    places += " /office /partners /nations/XBB /reports /drills /broker/keys"
    tried = within(
        service, "sh", "-c", f"for p in {places}; do touch $p/x 2>&1 || true; done; ls -A /office /partners"
    )
    assert tried.count("Read-only file system") == len(places.split()), tried
    assert tried.split("/office:")[1].split() == ["/partners:"], (
        "there is nothing of the office, nor of others' keys"
    )


@pytest.mark.parametrize("service", ["gateway-xaa", "console-xaa"])
def test_no_name_is_asked_for_outside(service: str) -> None:
    """The engine's name server would ask its machine's for every name that it does not know: a way out."""
    assert container(service)["HostConfig"]["Dns"] == ["127.0.0.1"]


@pytest.mark.parametrize("nation", NATIONS)
def test_a_console_shows_the_drill_that_was_played_and_cannot_control_one(nation: str) -> None:
    asked = """
import json, os, pathlib
from console.journals import read_runs
folder = pathlib.Path(os.environ["ENTENTE_CONSOLE_DRILLS_DIR"])
run = read_runs(folder)[0]
try:
    (folder / "x").touch()
except OSError as error:
    refused = error.strerror
print(json.dumps([run.start.drill, run.end.result, run.played, len(run.list.injects), run.listens, refused]))
"""
    drill, result, played, planned, listens, refused = json.loads(
        within(f"console-{nation}", "python", "-c", asked)
    )
    assert (drill, result, listens, refused) == ("ocean-accord", "PASSED", False, "Read-only file system")
    assert played == planned > 10


def test_a_nations_volume_holds_its_own_keys_only_and_the_image_and_environment_hold_none() -> None:
    key = json.loads(within("gateway-xaa", "cat", "/nation/keys.json"))
    assert key["nation"] == "XAA"
    assert set(within("gateway-xaa", "ls", "/nation").split()) == {
        *("keys.json", "realm-id", "trust", "state", "partner.key")
    }
    secrets = [key["broker_seed"], within("gateway-xaa", "cat", "/nation/partner.key").strip()]
    everything = docker("history", "--no-trunc", container("gateway-xaa")["Image"])
    for service in ("broker", *(f"{role}-{nation}" for role in ("gateway", "console") for nation in NATIONS)):
        everything += json.dumps(container(service))
    assert not [secret for secret in secrets if secret in everything]


def test_what_the_image_was_built_with_is_not_in_it() -> None:
    found = within(
        "gateway-xaa",
        "sh",
        "-c",
        "ls -d /root/.cache /tmp/* /build 2>/dev/null; command -v gcc cc make; true",
    )
    assert found.strip() == ""


def test_a_realm_that_was_handed_out_is_not_founded_again_when_the_offices_part_is_gone() -> None:
    image = container("gateway-xaa")["Image"]
    lost = (
        "echo sha256:0 >/nations/XDD/realm-id;"
        " /usr/local/lib/entente/found-realm ocean-accord XAA XDD 2>&1 && echo founded; ls -A /office"
    )
    said = docker("run", "--rm", "--network=none", "--entrypoint=sh", image, "-c", lost)
    assert said.strip() == (
        "XDD has its part of a realm that /office/realm has not: put the volume office back from its backup"
    )
