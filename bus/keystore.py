"""A nation's private keys: sign keys by use and mode, seal keys, the broker user; and the file they lie in.

The file is JSON, readable by its owner only; one that others can read is refused, since nobody could say
who has its keys. The nation's root key is not in it: that one stays offline.
"""

import base64
import json
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bus.broker_keys import BrokerKey, broker_key_from_seed
from bus.protocol.errors import ProtocolError
from bus.protocol.sealing import SealKeyring, SealPrivateKey
from bus.protocol.signing import PrivateSigningKey, Signer
from bus.protocol.suites import seal_suite_named
from schemas.base import Digest, KeyId, Nation, Statement
from schemas.header import Mode
from schemas.strict_json import JsonRefused, parse_model
from schemas.trust import Base64Key, KeyUse, SealSuite, SignSuite

MAX_KEY_FILE_BYTES = 1024 * 1024


class KeyFileError(Exception):
    """A key file is missing, open to others, malformed, or lacks the key asked for. Quotes no secret."""


class _StoredKey(Statement):
    kid: KeyId
    use: KeyUse
    modes: Annotated[tuple[Mode, ...], Field(min_length=1)]
    suite: SignSuite | SealSuite
    private_key: Base64Key


class _StoredKeys(Statement):
    v: Literal[1]
    nation: Nation
    realm: Digest
    broker_seed: Annotated[str, Field(pattern=r"^SU[A-Z2-7]{56}$")]
    keys: Annotated[tuple[_StoredKey, ...], Field(max_length=256)]


@dataclass(frozen=True)
class SigningKeyPair:
    """A sign key with what it is for."""

    use: KeyUse
    modes: tuple[Mode, ...]
    key: PrivateSigningKey = field(repr=False)


@dataclass(frozen=True)
class SealKeyPair:
    """A seal key with the modes it is for."""

    modes: tuple[Mode, ...]
    key: SealPrivateKey = field(repr=False)


@dataclass(frozen=True)
class NationKeys:
    """Everything secret that one gateway needs. Of several keys for a purpose the last in order signs."""

    nation: str
    realm: str
    signing: tuple[SigningKeyPair, ...]
    seal: tuple[SealKeyPair, ...]
    broker: BrokerKey

    def signer(self, use: KeyUse, mode: Mode, kid: str | None = None) -> Signer:
        """The signer for a use and mode: the one with `kid` when given (as the trust store says is current).

        KeyFileError when there is none.
        """
        for pair in reversed(self.signing):
            if pair.use is use and mode in pair.modes and kid in (None, pair.key.kid):
                return pair.key
        raise KeyFileError(
            f"{self.nation} has no {use} key for mode {mode}" + (" with that kid" if kid else "")
        )

    @property
    def keyring(self) -> SealKeyring:
        """Every private seal key, for opening what arrives."""
        return SealKeyring(pair.key for pair in self.seal)

    @property
    def nkey_seed(self) -> str:
        """Seed of the broker user's nkey."""
        return self.broker.seed

    def save(self, path: Path) -> None:
        """Write the file with mode 0600, all or nothing, over an earlier one of the same nation."""
        stored = {
            "v": 1,
            "nation": self.nation,
            "realm": self.realm,
            "broker_seed": self.broker.seed,
            "keys": [
                _stored(pair.key.kid, pair.use, pair.modes, pair.key.suite, pair.key.private_bytes())
                for pair in self.signing
            ]
            + [
                _stored(
                    pair.key.kid.hex(), KeyUse.SEAL, pair.modes, pair.key.suite.name, pair.key.private_bytes()
                )
                for pair in self.seal
            ],
        }
        write_secret(path, json.dumps(stored, indent=1).encode() + b"\n")

    @classmethod
    def load(cls, path: Path) -> "NationKeys":
        """Read a key file. KeyFileError when it is missing, open to group or others, or malformed."""
        try:
            stored = parse_model(_StoredKeys, read_secret(path), MAX_KEY_FILE_BYTES)
        except JsonRefused as error:
            raise KeyFileError(
                f"{path} is not a key file ({error.kind} at {error.pointer or 'the top'})"
            ) from None
        signing: list[SigningKeyPair] = []
        seal: list[SealKeyPair] = []
        for entry in stored.keys:
            raw = base64.b64decode(entry.private_key)
            kid: str
            try:
                if isinstance(entry.suite, SealSuite):
                    suite_id = seal_suite_named(entry.suite).suite_id
                    seal_key = SealPrivateKey.from_private_bytes(suite_id, raw)
                    kid = seal_key.kid.hex()
                    seal.append(SealKeyPair(entry.modes, seal_key))
                else:
                    sign_key = PrivateSigningKey.from_private_bytes(entry.suite, raw)
                    kid = sign_key.kid
                    signing.append(SigningKeyPair(entry.use, entry.modes, sign_key))
            except (ProtocolError, ValueError) as error:
                raise KeyFileError(f"{path}: key {entry.kid} is not of its suite") from error
            if kid != entry.kid or (entry.use is KeyUse.SEAL) != isinstance(entry.suite, SealSuite):
                raise KeyFileError(f"{path}: key {entry.kid} is not what the file says it is")
        try:
            broker = broker_key_from_seed(stored.broker_seed)
        except ValueError:
            raise KeyFileError(f"{path}: the broker seed is not a user nkey seed") from None
        return cls(stored.nation, stored.realm, tuple(signing), tuple(seal), broker)


def read_secret(path: Path) -> bytes:
    """The bytes of a secret file.

    KeyFileError when it is missing, no plain file, or open to group or others.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        # Asked of the open file, not of the path: what is checked is what is read.
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise KeyFileError(f"{path} is not a plain file")
        if mode & 0o077:
            raise KeyFileError(f"{path} is open to group or others (mode {mode & 0o777:04o}): chmod 600 it")
        return file.read(MAX_KEY_FILE_BYTES + 1)


def write_secret(path: Path, data: bytes) -> None:
    """Write a file with mode 0600, all or nothing, and on disk before it returns."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _stored(
    kid: str, use: KeyUse, modes: Sequence[Mode], suite: str, private_key: bytes
) -> dict[str, str | list[str]]:
    return {
        "kid": kid,
        "use": use.value,
        "modes": [mode.value for mode in modes],
        "suite": suite,
        "private_key": base64.b64encode(private_key).decode("ascii"),
    }
