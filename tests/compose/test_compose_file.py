"""docker-compose.yml as written, without an engine: confined services, no secret, networks as intended."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from console.settings import ConsoleSettings
from drills.needs import needs_of
from drills.scenario_file import find_scenario, load_scenario
from entente.drill_control import FOLDER_VARIABLE
from gateways.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
NATIONS = ("xaa", "xbb", "xcc", "xdd", "xee")
SERVERS = {"broker", *(f"{role}-{nation}" for role in ("gateway", "console") for nation in NATIONS)}
JOBS = {"realm", "streams", "drill", "office"}


def lines(name: str) -> list[str]:
    """A file's lines that are no comments."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_there_is_a_broker_and_a_gateway_and_a_console_for_each_nation_and_what_prepares_and_plays() -> None:
    assert set(SERVICES) == SERVERS | JOBS
    assert {name for name, service in SERVICES.items() if "profiles" in service} == {"drill", "office"}
    assert "version" not in COMPOSE, "docker-compose 1.29 would read it by an older format"


@pytest.mark.parametrize("name", sorted(SERVERS | JOBS))
def test_no_container_has_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is service["init"] is True
    assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
    assert service["user"] == "10001:10001"
    assert service["dns"] == ["127.0.0.1"], (
        "the engine's own name server asks outside for what it does not know"
    )
    assert all("noexec" in each and "size=" in each for each in service["tmpfs"])
    assert service["pids_limit"] <= 128
    assert service["mem_limit"] in ("256m", "512m", "1g")
    assert service["cpus"] <= 2
    assert service["logging"]["driver"] == "json-file"
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    forbidden = {"privileged", "cap_add", "devices", "pid", "ipc", "userns_mode", "extra_hosts", "env_file"}
    assert not forbidden & set(service)
    assert not any(str(each).startswith(("/", ".", "~")) for each in service.get("volumes", ())), "host paths"


@pytest.mark.parametrize("name", sorted(SERVERS))
def test_what_serves_comes_back_and_is_given_time_to_stop(name: str) -> None:
    service = SERVICES[name]
    assert (service["restart"], service["stop_grace_period"]) == ("unless-stopped", "15s")
    # The broker's image holds nothing that could ask it; the job `streams` does, before any gateway starts.
    assert ("healthcheck" in service) == (name != "broker")


def test_nothing_waits_for_what_no_condition_tells() -> None:
    known = {"service_started", "service_healthy", "service_completed_successfully"}
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert how["condition"] in known
            assert (how["condition"] == "service_healthy") <= ("healthcheck" in SERVICES[other]), name
    gateways = {f"gateway-{nation}": {"condition": "service_healthy"} for nation in NATIONS}
    assert SERVICES["drill"]["depends_on"] == gateways


def test_no_secret_is_in_an_environment_and_every_setting_exists() -> None:
    known = {f"ENTENTE_GATEWAY_{name.upper()}" for name in Settings.model_fields}
    known |= {f"ENTENTE_CONSOLE_{name.upper()}" for name in ConsoleSettings.model_fields} | {FOLDER_VARIABLE}
    for name, service in SERVICES.items():
        given = service.get("environment", {})
        assert set(given) <= known, name
        secret = re.compile(r"KEY|SECRET|PASSWORD|TOKEN|SEED|CREDENTIAL")
        assert not [each for each in given if secret.search(each) and not each.endswith("_FILE")]
        assert set(service.get("build", ".")) == {"."}, "no build argument could carry one either"


def test_only_consoles_are_published_and_only_on_this_machine() -> None:
    assert {name for name in SERVICES if "ports" in SERVICES[name]} == {f"console-{n}" for n in NATIONS}
    for nation in NATIONS:
        (port,) = SERVICES[f"console-{nation}"]["ports"]
        assert re.fullmatch(r"127\.0\.0\.1:\$\{ENTENTE_CONSOLE_[A-Z]{3}-844[1-5]\}:8443", port), port
    assert not any(
        "expose" in service or service.get("network_mode") == "host" for service in SERVICES.values()
    )


def members(network: str) -> set[str]:
    return {name for name, service in SERVICES.items() if network in service.get("networks", ())}


@pytest.mark.parametrize("nation", NATIONS)
def test_a_nations_network_has_its_gateway_its_console_the_broker_and_its_partner_systems(
    nation: str,
) -> None:
    office = {"office"} if nation == "xaa" else set()
    assert members(nation) == {f"gateway-{nation}", f"console-{nation}", "broker", "drill"} | office
    assert SERVICES[f"gateway-{nation}"]["networks"] == [nation], "a gateway is in no other"
    assert members(f"desk-{nation}") == {f"console-{nation}"}


def test_networks_lead_nowhere() -> None:
    networks: dict[str, Any] = COMPOSE["networks"]
    assert {name for name, each in networks.items() if each == {"internal": True}} == {"hub", *NATIONS}
    for nation in NATIONS:
        masquerade = "com.docker.network.bridge.enable_ip_masquerade"
        assert networks[f"desk-{nation}"]["driver_opts"] == {masquerade: "false"}
    assert members("hub") == {"broker", "streams"}
    assert SERVICES["realm"]["network_mode"] == "none", (
        "where the offline keys are used nothing comes in or out"
    )


def test_each_volume_is_seen_by_those_alone_who_need_it() -> None:
    seen: dict[str, set[str]] = {volume: set() for volume in COMPOSE["volumes"]}
    for name, service in SERVICES.items():
        for mount in service.get("volumes", ()):
            volume, _, *mode = mount.split(":")
            seen[volume].add(" ".join([name, *mode]))
    assert seen == {
        "office": {"realm", "office"},
        "partners": {"realm", "drill ro", "office ro"},
        "reports": {"drill"},
        # Nobody of one nation can write what another's console reads, nor control the drill of all.
        "drills": {"drill", *(f"console-{nation} ro" for nation in NATIONS)},
        "broker-config": {"realm", "broker ro", "streams ro"},
        "broker-keys": {"realm", "streams ro"},
        "broker-store": {"realm", "broker"},
        **{f"nation-{nation}": {"realm", f"gateway-{nation}"} for nation in NATIONS},
    }


def test_consoles_show_the_drill_that_the_drill_service_plays() -> None:
    places = {
        name: dict(each.split(":")[:2] for each in SERVICES[name].get("volumes", ())) for name in SERVICES
    }
    assert SERVICES["drill"]["environment"] == {FOLDER_VARIABLE: places["drill"]["drills"]}
    for nation in NATIONS:
        console = f"console-{nation}"
        assert SERVICES[console]["environment"]["ENTENTE_CONSOLE_DRILLS_DIR"] == places[console]["drills"]


def test_every_volume_belongs_to_the_user_that_the_containers_run_as() -> None:
    """A new volume takes over owner and mode of the directory that it is first mounted on."""
    made = re.search(r"for each in (.*?); do.*?install -d -o 10001 -g 10001 -m 0700", DOCKERFILE, re.DOTALL)
    assert made
    mounted = {
        mount.split(":")[1].lstrip("/")
        for name in sorted(JOBS) + [f"console-{nation}" for nation in NATIONS]
        for mount in SERVICES[name].get("volumes", ())
    }
    assert mounted <= set(made[1].replace("\\\n", " ").split())


def test_what_the_containers_run_may_be_run_by_their_user_whatever_the_checkouts_modes() -> None:
    copied = "/usr/local/lib/entente"
    run = {str(SERVICES["realm"]["entrypoint"][0])} | {
        str(service["healthcheck"]["test"][1]) for service in SERVICES.values() if "healthcheck" in service
    }
    scripts = {f"{copied}/{path.name}" for path in (ROOT / "compose").iterdir()}
    assert run == scripts
    made, nobody = (DOCKERFILE.index(each) for each in (f"COPY compose {copied}\n", "USER 10001"))
    assert f"RUN chmod 0755 {copied} {copied}/*" in DOCKERFILE[made:nobody]


def test_the_realm_is_that_of_a_scenario_which_needs_nothing_but_gateways() -> None:
    name, *nations = SERVICES["realm"]["command"]
    scenario = load_scenario(find_scenario(name))
    assert nations == [planned.nation for planned in scenario.realm.nations] == [n.upper() for n in NATIONS]
    assert not needs_of(scenario)
    assert SERVICES["drill"]["command"][:3] == ["drill", "run", name]


def test_the_image_is_built_by_the_legacy_builder_too_and_runs_as_nobody() -> None:
    instructions = lines("Dockerfile")
    text = "\n".join(instructions)
    assert not re.search(r"--mount|--link|--chmod|--network=|<<", text), "BuildKit only"
    assert not DOCKERFILE.startswith("# syntax")
    stages = [line.split()[1] for line in instructions if line.startswith("FROM")]
    assert stages == ["python:3.13-slim", "python:3.13-slim"]
    last = instructions[max(at for at, line in enumerate(instructions) if line.startswith("FROM")) :]
    assert "USER 10001:10001" in last
    assert not any(re.search(r"pip|apt|curl|wget", line) for line in last)
    assert "constraints.txt" in text
    assert "ARG" not in {line.split()[0] for line in instructions}


def test_nothing_goes_to_the_builder_but_what_the_image_is_made_of() -> None:
    first, *others = lines(".dockerignore")
    assert first == "*"
    let_in = {each.removeprefix("!").removesuffix("/**") for each in others if each.startswith("!")}
    copied = {
        word
        for line in lines("Dockerfile")
        if line.startswith("COPY") and "--from" not in line
        for word in line.split()[1:-1]
    }
    assert let_in == copied
