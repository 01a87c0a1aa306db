"""A gateway's store and keys at a place of their own, without its process, and its backup."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from typer.testing import CliRunner

from bus.store.writer import Transaction
from entente.gateway import app
from entente.gateway_store import record_in
from gateways.store_file import STORE_FILE
from schemas.audit import AuditRecord
from tests.realm_fixtures import TestRealm

LONG_AGO = datetime(2026, 3, 1, tzinfo=UTC)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@dataclass
class Place:
    """A gateway's state directory, its key file, and where backups go."""

    directory: Path
    realm: TestRealm

    @property
    def state(self) -> Path:
        return self.directory / "state"

    @property
    def store(self) -> Path:
        return self.state / STORE_FILE

    @property
    def keys(self) -> Path:
        return self.directory / "keys.json"

    @property
    def copy(self) -> Path:
        return self.directory / "copy"

    def backup(self, *options: str) -> str:
        return run("backup", str(self.copy), *self._flags, *options)

    def restore(self, *options: str) -> str:
        return run("restore", str(self.copy), *self._flags, *options)

    @property
    def _flags(self) -> tuple[str, ...]:
        return ("--state-dir", str(self.state), "--keys-file", str(self.keys))

    def write(self, job: Callable[[Transaction], None]) -> None:
        record_in(self.store, "XAA", self.realm.id, job)

    def records(self) -> list[AuditRecord]:
        with closing(sqlite3.connect(self.store)) as store:
            rows = store.execute("SELECT record FROM audit ORDER BY audit_seq").fetchall()
        return [AuditRecord.model_validate_json(row[0]) for row in rows]

    def forge(self, name: str, data: bytes) -> None:
        """Put other bytes into the backup, and into its manifest what goes with them."""
        (self.copy / name).write_bytes(data)
        manifest = json.loads((self.copy / "manifest.json").read_bytes())
        for file in manifest["files"]:
            if file["name"] == name:
                file |= {"octets": len(data), "digest": f"sha256:{hashlib.sha256(data).hexdigest()}"}
        (self.copy / "manifest.json").write_text(json.dumps(manifest))
