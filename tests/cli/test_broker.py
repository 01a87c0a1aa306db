"""`entente broker` and `entente realm hand-out`: a realm for several machines, on the real broker."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bus.embedded import server_binary
from bus.keystore import KeyFileError, NationKeys
from bus.provisioning import ConfigurationConflict, ProvisioningError
from bus.transport import NatsTransport
from entente.cli import build_app
from entente.hub_keys import hub_user
from entente.realm_files import RealmFiles
from entente.terminal import CommandFailed
from schemas.wire import Lane
from tests.broker_fixtures import WAIT, bundles
from tests.free_ports import free_port

NATIONS = ("XAA", "XBB")
QUOTA = ("--quota-mib", "16")


def entente(*arguments: str | Path) -> None:
    """A command in this process. Raises what it raises."""
    result = CliRunner().invoke(
        build_app(str(arguments[0])), [str(each) for each in arguments], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("realm") / "realm"
    named = [option for nation in NATIONS for option in ("--nation", nation)]
    entente("realm", "init", directory, "--name", "Two", *named)
    return directory


@pytest.fixture
async def broker(realm: Path, tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """A nats-server with the configuration that the command wrote: its address, and the hub's keys."""
    port, keys, conf = free_port(), tmp_path / "keys", tmp_path / "nats-server.conf"
    places = ("--store-dir", tmp_path / "store", "--port", str(port), "--keys", keys, "--out", conf)
    entente("broker", "config", realm, *places, *QUOTA)
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(server_binary(), "-c", conf, stderr=log, stdout=log)
    yield f"nats://127.0.0.1:{port}", keys
    process.kill()
    await process.wait()


async def test_a_broker_set_up_by_the_commands_carries_mail_of_its_nations(
    realm: Path, broker: tuple[str, Path], tmp_path: Path
) -> None:
    url, keys = broker
    public = tmp_path / "public"
    entente("realm", "hand-out", realm, "--public", public)
    assert {path.name for path in public.iterdir()} == {"realm-id", "trust"}, "no key of anybody"
    provisioning = ("broker", "provision", public, "--keys", keys, "--nats-url", url)
    await asyncio.to_thread(entente, *provisioning, *QUOTA, "--within", "20")
    await asyncio.to_thread(entente, *provisioning, *QUOTA)
    sender, reader = (NationKeys.load(RealmFiles(realm).keys_file(nation)) for nation in NATIONS)
    sent = bundles("XAA", "XBB", 1)
    async with (
        NatsTransport([url], "XAA", sender.nkey_seed) as there,
        NatsTransport([url], "XBB", reader.nkey_seed) as here,
    ):
        await there.wait_connected(WAIT)
        await here.wait_connected(WAIT)
        assert (await there.publisher.publish_window(sent, 0)).complete
        (found,) = await here.mailbox(Lane.NORMAL).fetch(1, WAIT)
        assert found.payload == sent[0].payload


async def test_provisioning_says_why_when_there_is_no_broker_or_no_room_on_it(
    realm: Path, broker: tuple[str, Path]
) -> None:
    url, keys = broker
    provisioning = ("broker", "provision", realm, "--keys", keys, "--nats-url")
    with pytest.raises(ProvisioningError, match="could not be reached"):
        await asyncio.to_thread(entente, *provisioning, f"nats://127.0.0.1:{free_port()}")
    await asyncio.to_thread(entente, *provisioning, url, *QUOTA, "--within", "20")
    with pytest.raises(ProvisioningError) as refused:
        await asyncio.to_thread(entente, *provisioning, url, "--quota-mib", "100000", "--within", "0")
    assert not isinstance(refused.value, ConfigurationConflict), "a quota may grow, where there is room"


def test_provisioning_goes_on_trying_while_the_broker_does_not_answer_but_not_against_a_conflict(
    realm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Exception | None] = [ProvisioningError("not yet"), ProvisioningError("not yet"), None]
    answers.append(ConfigurationConflict("OUT_XAA", "subjects", "these", "those"))

    async def answer(*_: object) -> None:
        if (what := answers.pop(0)) is not None:
            raise what

    monkeypatch.setattr("entente.broker.provision", answer)
    monkeypatch.setattr("entente.broker._PAUSE", 0)
    keys = tmp_path / "keys"
    hub_user(keys, "admin")
    asked = ("broker", "provision", realm, "--keys", keys, "--nats-url", "nats://broker", "--within", "60")
    entente(*asked)
    with pytest.raises(ConfigurationConflict):
        entente(*asked)
    assert answers == []


def test_the_hubs_keys_are_drawn_once_and_are_not_in_the_configuration(realm: Path, tmp_path: Path) -> None:
    keys, conf = tmp_path / "keys", tmp_path / "nats-server.conf"
    with pytest.raises(KeyFileError):
        entente("broker", "provision", realm, "--keys", keys, "--nats-url", "nats://127.0.0.1:1")
    for _ in range(2):
        entente("broker", "config", realm, "--keys", keys, "--out", conf, "--store-dir", "/data")
    written, seeds = conf.read_text(), sorted(path.read_text().strip() for path in keys.iterdir())
    entente("broker", "config", realm, "--keys", keys, "--out", conf, "--store-dir", "/data")
    assert (conf.read_text(), len(set(seeds))) == (written, 2)
    assert {path.stat().st_mode & 0o777 for path in keys.iterdir()} == {0o600}
    assert not any(seed in written for seed in seeds)


def test_a_nation_is_handed_its_own_keys_and_public_documents_and_nothing_else(
    realm: Path, tmp_path: Path
) -> None:
    places = {nation: tmp_path / nation for nation in NATIONS}
    asked = [option for name, place in places.items() for option in ("--nation", f"{name}={place}")]
    for _ in range(2):
        entente("realm", "hand-out", realm, *asked)
    for nation, place in places.items():
        assert {path.name for path in place.iterdir()} == {"keys.json", "realm-id", "trust"}
        assert (place / "keys.json").stat().st_mode & 0o777 == 0o600
        assert NationKeys.load(place / "keys.json").nation == nation
        assert RealmFiles(place).trust().realm == RealmFiles(realm).trust().realm


def test_what_is_newer_is_handed_out_again(realm: Path, tmp_path: Path) -> None:
    place = tmp_path / "XAA"
    entente("realm", "hand-out", realm, "--nation", f"XAA={place}")
    before = (place / "keys.json").read_bytes()
    entente("nation", "rotate", "XAA", "--realm", realm)
    entente("realm", "hand-out", realm, "--nation", f"XAA={place}")
    assert (place / "keys.json").read_bytes() != before
    assert RealmFiles(place).trust().trust_version == RealmFiles(realm).trust().trust_version


@pytest.mark.parametrize(
    ("there", "asked", "says"),
    [
        ("XBB", "XAA={place}", "keys of another nation"),
        (None, "XZZ={place}", "no nation XZZ"),
        (None, "{place}", "NATION=PLACE"),
    ],
    ids=["another nation's place", "a nation that the realm has not", "no nation named"],
)
def test_keys_are_handed_to_nobody_else(
    realm: Path, tmp_path: Path, there: str | None, asked: str, says: str
) -> None:
    place = tmp_path / "place"
    if there is not None:
        entente("realm", "hand-out", realm, "--nation", f"{there}={place}")
    before = sorted(path.read_bytes() for path in place.glob("keys.json"))
    with pytest.raises(CommandFailed, match=says):
        entente("realm", "hand-out", realm, "--nation", asked.format(place=place))
    assert sorted(path.read_bytes() for path in place.glob("keys.json")) == before


def test_another_realms_place_stays_as_it_is(realm: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    entente("realm", "init", other, "--scenario", "ocean-accord")
    before = sorted(path.name for path in (other / "trust").iterdir())
    with pytest.raises(CommandFailed, match="another realm"):
        entente("realm", "hand-out", realm, "--public", other)
    assert sorted(path.name for path in (other / "trust").iterdir()) == before


def test_a_snapshot_that_is_not_due_is_left_alone(realm: Path) -> None:
    version = RealmFiles(realm).trust().trust_version
    entente("realm", "snapshot", realm, "--when-due")
    assert RealmFiles(realm).trust().trust_version == version
    with pytest.raises(CommandFailed, match="--when-due"):
        entente("realm", "snapshot", realm, "--when-due", "--objective", "FLASH=10m")
    entente("realm", "snapshot", realm)
    assert RealmFiles(realm).trust().trust_version == version + 1
