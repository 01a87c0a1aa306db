"""The nation's key file while the gateway runs: read again when it was replaced, as by a rotation."""

import asyncio
import contextlib
from pathlib import Path

import structlog

from bus.keystore import KeyFileError, NationKeys
from gateways.context import GatewayContext

LOOK_SECONDS = 1.0

_log = structlog.get_logger("gateways.key_file")

Stamp = tuple[int, int, int] | None


class WrongKeysError(Exception):
    """The key file is another nation's or another realm's."""


class KeyFile:
    """One key file, and what was last read from it. Raises KeyFileError or WrongKeysError when made."""

    def __init__(self, path: Path, nation: str, realm: str) -> None:
        self._path = path
        self._owner = nation, realm
        # Before reading: a file replaced meanwhile is then read once more, and not missed.
        self._stamp = self._look()
        self.keys = self._load()

    def renewed(self) -> NationKeys | None:
        """The keys of a file that was replaced since the last look, else None.

        Raises KeyFileError or WrongKeysError once for each file that cannot be used; the keys in hand stay.
        """
        stamp = self._look()
        if stamp == self._stamp:
            return None
        self._stamp = stamp
        keys = self._load()
        if keys.broker != self.keys.broker:
            _log.warning("keys.broker-user-changed", what_to_do="restart the gateway to connect with it")
        self.keys = keys
        return keys

    def _load(self) -> NationKeys:
        keys = NationKeys.load(self._path)
        if (keys.nation, keys.realm) != self._owner:
            raise WrongKeysError("the key file belongs to another nation or realm than the settings name")
        return keys

    def _look(self) -> Stamp:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


async def follow_key_file(file: KeyFile, context: GatewayContext) -> None:
    """Hand the keys of a replaced file to the flows, until cancelled.

    Looked at with every trust change, which may name a key that is new, and every second, since the file may
    also be put in place after the documents came.
    """
    while True:
        # Not wait_for: where the event comes with the cancellation, Python 3.11's would swallow that.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await context.trust_adopted.wait()
        context.trust_adopted.clear()
        take_renewed(file, context)


def take_renewed(file: KeyFile, context: GatewayContext) -> None:
    """Hand the keys of a file that was replaced since the last look to the flows; tell of a bad one."""
    try:
        keys = file.renewed()
    except (KeyFileError, WrongKeysError) as error:
        # Says which file and what is wrong with it; quotes no secret.
        _log.error("keys.cannot-be-read", fault=type(error).__name__, reason=str(error))
        return
    if keys is not None:
        context.take_keys(keys)
        _log.info("keys.taken")
