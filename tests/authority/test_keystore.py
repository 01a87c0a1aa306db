"""The key file: what goes in comes out, and a file that others could read or change is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from bus.keystore import KeyFileError, NationKeys
from bus.nation_office import new_nation_keys
from schemas.header import Mode
from schemas.trust import KeyUse, SealSuite, SignSuite
from tests.realm_fixtures import make_realm


@pytest.fixture
def keys() -> NationKeys:
    return make_realm(("XAA",)).keys["XAA"]


@pytest.mark.parametrize("suite", list(SignSuite))
@pytest.mark.parametrize("seal_suite", list(SealSuite))
def test_a_saved_file_loads_with_the_same_keys(
    tmp_path: Path, suite: SignSuite, seal_suite: SealSuite
) -> None:
    keys = make_realm(("XAA",), suite=suite, seal_suite=seal_suite).keys["XAA"]
    path = tmp_path / "keys.json"
    keys.save(path)
    loaded = NationKeys.load(path)
    assert (loaded.nation, loaded.realm, loaded.nkey_seed) == (keys.nation, keys.realm, keys.nkey_seed)
    assert loaded.keyring.kids() == keys.keyring.kids()
    for use in (KeyUse.MESSAGE, KeyUse.RECEIPT):
        for mode in Mode:
            assert loaded.signer(use, mode).kid == keys.signer(use, mode).kid
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o601])
def test_a_file_open_to_group_or_others_is_refused(tmp_path: Path, keys: NationKeys, mode: int) -> None:
    path = tmp_path / "keys.json"
    keys.save(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="open to group or others"):
        NationKeys.load(path)


def test_a_link_in_place_of_the_file_is_refused(tmp_path: Path, keys: NationKeys) -> None:
    keys.save(tmp_path / "real.json")
    (tmp_path / "keys.json").symlink_to(tmp_path / "real.json")
    with pytest.raises(KeyFileError):
        NationKeys.load(tmp_path / "keys.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"keys\.json cannot be read"):
        NationKeys.load(tmp_path / "keys.json")


def _swap_private_keys(stored: dict[str, Any]) -> None:
    first, second = stored["keys"][0], stored["keys"][1]
    first["private_key"], second["private_key"] = second["private_key"], first["private_key"]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(_swap_private_keys, id="two private keys are swapped"),
        pytest.param(lambda s: s["keys"][0].update(private_key="AAAA"), id="a private key is too short"),
        pytest.param(lambda s: s["keys"][0].update(use="seal"), id="a sign key is called a seal key"),
        pytest.param(lambda s: s["keys"][0].update(suite="seal-1"), id="a sign key is given a seal suite"),
        pytest.param(
            lambda s: s.update(broker_seed="SU" + "A" * 56), id="the broker seed has a wrong checksum"
        ),
        pytest.param(lambda s: s.update(extra=1), id="a member is unknown"),
        pytest.param(lambda s: s.update(v=2), id="the version is unknown"),
        pytest.param(lambda s: s.pop("nation"), id="the nation is missing"),
    ],
)
def test_a_damaged_file_is_refused_without_quoting_it(tmp_path: Path, keys: NationKeys, damage: Any) -> None:
    path = tmp_path / "keys.json"
    keys.save(path)
    stored = json.loads(path.read_text())
    secrets = [entry["private_key"] for entry in stored["keys"]] + [stored["broker_seed"]]
    damage(stored)
    path.write_text(json.dumps(stored))
    with pytest.raises(KeyFileError) as refused:
        NationKeys.load(path)
    assert not any(secret in str(refused.value) for secret in secrets)


def test_a_key_for_a_purpose_the_nation_has_not_got_is_refused(keys: NationKeys) -> None:
    with pytest.raises(KeyFileError, match="no checkpoint key"):
        keys.signer(KeyUse.CHECKPOINT, Mode.OPERATION)
    with pytest.raises(KeyFileError, match="with that kid"):
        keys.signer(KeyUse.MESSAGE, Mode.OPERATION, "0" * 32)


def test_nothing_secret_shows_in_the_repr(keys: NationKeys) -> None:
    shown = repr(keys)
    assert keys.nkey_seed not in shown
    assert all(pair.key.private_bytes().hex() not in shown for pair in keys.signing)


def test_one_key_set_for_all_modes_is_possible() -> None:
    keys = new_nation_keys(
        "XAA", "sha256:" + "0" * 64, randomness=lambda n: bytes(n), mode_sets=(tuple(Mode),)
    )
    assert len({keys.signer(KeyUse.MESSAGE, mode).kid for mode in Mode}) == 1
