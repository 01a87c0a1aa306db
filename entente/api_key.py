"""`entente key add|list|revoke`: API keys in a gateway's store, running or not."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from bus.keystore import write_secret
from bus.store import api_keys
from bus.store.api_keys import ApiKey
from bus.store.writer import Transaction
from entente.gateway_store import KeysFileOption, StateDirOption, in_store
from entente.terminal import OUT, CommandFailed, say, write_json
from gateways.evidence import Evidence
from gateways.http.api_keys import DEFAULT_BURST, DEFAULT_RATE_PER_SECOND, Scope, new_api_key
from schemas.audit import AuditEvent
from schemas.header import Kind

app = typer.Typer(help="API keys of a gateway.", no_args_is_help=True)

T = TypeVar("T")
ACTOR = "entente key"


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What the key is for, for people.")],
    state_dir: StateDirOption,
    keys_file: KeysFileOption,
    scope: Annotated[list[Scope] | None, typer.Option(help="What the key may do; repeat.")] = None,
    every_scope: Annotated[bool, typer.Option("--every-scope", help="It may do everything.")] = False,
    kind: Annotated[list[Kind] | None, typer.Option(help="Only these kinds of message; repeat.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires.")] = None,
    rate: Annotated[
        float, typer.Option(min=0.1, max=1_000_000, help="Requests a second it may make.")
    ] = DEFAULT_RATE_PER_SECOND,
    burst: Annotated[
        int, typer.Option(min=1, max=10_000_000, help="Requests it may make at once.")
    ] = DEFAULT_BURST,
    key_file: Annotated[
        Path | None, typer.Option(help="Write the key to this new file (0600) instead of printing it.")
    ] = None,
) -> None:
    """Add a key. Its text is shown once and kept nowhere; the store keeps a hash of the secret."""
    if bool(scope) == every_scope:
        raise CommandFailed("give each --scope that the key has, or --every-scope")
    if key_file is not None and key_file.exists():
        raise CommandFailed(f"{key_file} exists; nothing is written over")
    now = datetime.now(UTC)
    text, stored = new_api_key(
        name,
        tuple(Scope) if every_scope else tuple(scope or ()),
        created_at=now,
        randomness=os.urandom,
        kinds=kind or None,
        expires_at=now + timedelta(days=days) if days else None,
        rate_per_second=rate,
        burst=burst,
    )

    def job(tx: Transaction) -> None:
        api_keys.add(tx, stored)

    _in_store(state_dir, keys_file, job, now, (AuditEvent.API_KEY_ADDED, stored.key_id))
    if key_file is not None:
        write_secret(key_file, text.encode("ascii") + b"\n")
        say(f"key {stored.key_id} written to {key_file}")
    else:
        OUT.print(text, markup=False)


@app.command("list")
def list_(
    state_dir: StateDirOption,
    keys_file: KeysFileOption,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the keys of a gateway, without their secrets."""
    found = _in_store(state_dir, keys_file, api_keys.list_all, datetime.now(UTC))
    if as_json:
        write_json([_shown(key) for key in found])
        return
    table = Table("Key id", "Name", "Scopes", "Kinds", "Created", "State")
    for key in found:
        table.add_row(
            key.key_id,
            key.name,
            ", ".join(key.scopes),
            "all" if key.kinds is None else ", ".join(key.kinds),
            f"{key.created_at:%Y-%m-%d %H:%M}",
            _state(key, datetime.now(UTC)),
        )
    OUT.print(table)


@app.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, as `key list` shows it.")],
    state_dir: StateDirOption,
    keys_file: KeysFileOption,
) -> None:
    """Revoke a key for good. A running gateway refuses it within seconds."""
    now = datetime.now(UTC)

    def job(tx: Transaction) -> None:
        if not api_keys.revoke(tx, key_id, now):
            raise CommandFailed(f"there is no key {key_id} to revoke")

    _in_store(state_dir, keys_file, job, now, (AuditEvent.API_KEY_REVOKED, key_id))
    say(f"key {key_id} is revoked")


def _in_store(
    state_dir: Path,
    keys_file: Path,
    job: Callable[[Transaction], T],
    now: datetime,
    change: tuple[AuditEvent, str] | None = None,
) -> T:
    """Run a job in the gateway's store; a change, and which key it is about, is recorded with it."""

    def record(evidence: Evidence, _: T) -> None:
        if change is not None:
            evidence.add(change[0], key_id=change[1])

    return in_store(state_dir, keys_file, job, now, actor=ACTOR, record=record)


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "in force"


def _shown(key: ApiKey) -> dict[str, object]:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "scopes": list(key.scopes),
        "kinds": None if key.kinds is None else list(key.kinds),
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "rate_per_second": key.rate_per_second,
        "burst": key.burst,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
        "state": _state(key, datetime.now(UTC)),
    }
