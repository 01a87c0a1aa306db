"""The key file under a running gateway: a replaced one is used, one that cannot be used changes nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bus.keystore import KeyFileError
from gateways.key_file import KeyFile, WrongKeysError
from schemas.header import Mode
from schemas.trust import KeyUse
from tests.realm_fixtures import TestRealm, make_realm


def kid(file: KeyFile) -> str:
    return file.keys.signer(KeyUse.MESSAGE, Mode.OPERATION).kid


@pytest.fixture
def realm() -> TestRealm:
    return make_realm()


@pytest.fixture
def file(realm: TestRealm, tmp_path: Path) -> KeyFile:
    realm.keys["XAA"].save(tmp_path / "keys.json")
    return KeyFile(tmp_path / "keys.json", "XAA", realm.id)


def test_a_replaced_file_is_read_once(realm: TestRealm, file: KeyFile, tmp_path: Path) -> None:
    assert file.renewed() is None
    before, after = kid(file), realm.rotate("XAA").keys["XAA"]
    after.save(tmp_path / "keys.json")
    renewed = file.renewed()
    assert renewed is not None
    assert renewed.signer(KeyUse.MESSAGE, Mode.OPERATION, before).kid == before, "the old one is kept"
    assert kid(file) == after.signer(KeyUse.MESSAGE, Mode.OPERATION).kid != before
    assert file.renewed() is None


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        pytest.param(lambda path, realm: path.unlink(), KeyFileError, id="the file is gone"),
        pytest.param(lambda path, realm: path.write_text("{}  "), KeyFileError, id="it is no key file"),
        pytest.param(
            lambda path, realm: realm.keys["XBB"].save(path), WrongKeysError, id="it is another nation's"
        ),
        pytest.param(
            lambda path, realm: make_realm(root_keys=2).keys["XAA"].save(path),
            WrongKeysError,
            id="it is another realm's",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_named_once_and_the_keys_in_hand_stay(
    realm: TestRealm,
    file: KeyFile,
    tmp_path: Path,
    spoil: Callable[[Path, TestRealm], None],
    fault: type[Exception],
) -> None:
    before = kid(file)
    spoil(tmp_path / "keys.json", realm)
    with pytest.raises(fault):
        file.renewed()
    assert file.renewed() is None
    assert kid(file) == before
    realm.keys["XAA"].save(tmp_path / "keys.json")
    assert file.renewed() is not None
