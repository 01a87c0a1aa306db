"""`entente operator add|list|enable|disable|role|password`: operators in the store of a gateway."""

from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.table import Table

from bus.store import operator_identities, operator_sessions, operators
from bus.store.operator_identities import Identity
from bus.store.operators import Operator
from bus.store.writer import Transaction
from entente.gateway_store import KeysFileOption, StateDirOption, in_store
from entente.operator_identity import identity
from entente.operator_link import link
from entente.operator_password import (
    FileOption,
    HoursOption,
    OneTimeFileOption,
    OneTimeOption,
    hand_over,
    new_password,
)
from entente.terminal import OUT, CommandFailed, say, write_json
from gateways.evidence import Evidence
from gateways.operators.roles import conflict
from schemas.audit import AuditEvent
from schemas.base import ShortText
from schemas.operator import OperatorName, Role

app = typer.Typer(help="Operators of a gateway.", no_args_is_help=True)

ACTOR = "entente operator"

NameArgument = Annotated[str, typer.Argument(help="What the operator signs in as.")]


@app.command("add")
def add(
    name: NameArgument,
    state_dir: StateDirOption,
    keys_file: KeysFileOption,
    role: Annotated[list[Role], typer.Option(help="What the operator is there for; repeat.")],
    display_name: Annotated[str | None, typer.Option(help="For people; the name if not given.")] = None,
    password_file: FileOption = None,
    one_time: OneTimeOption = False,
    one_time_file: OneTimeFileOption = None,
    hours: HoursOption = 72,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="No password: for who signs in at the identity provider.")
    ] = False,
) -> None:
    """Add an operator. Without an option for it the password is asked for."""
    _check(
        TypeAdapter(OperatorName),
        name,
        "a name is 2 to 64 of a-z, 0-9, dot, hyphen and underscore, a letter first",
    )
    _check(
        TypeAdapter(ShortText), display_name or name, "a display name is one line of at most 64 characters"
    )
    _check_roles(role)
    wants_one_time = one_time or one_time_file is not None
    if no_password and (wants_one_time or password_file is not None):
        raise CommandFailed("with --no-password there is no password to give")
    password = None if no_password else new_password(name, password_file, wants_one_time, one_time_file)
    now = datetime.now(UTC)
    made = Operator(
        name=name,
        display_name=display_name or name,
        roles=frozenset(role),
        enabled=True,
        created_at=now,
        password_hash=password.hashed if password else None,
        password_set_at=now if password else None,
        one_time=password is not None and password.one_time is not None,
        password_until=password.ends_at(now, hours) if password else None,
    )

    def job(tx: Transaction) -> None:
        if operators.find(tx, name) is not None:
            raise CommandFailed(f"there is an operator {name} already")
        operators.add(tx, made)

    def record(evidence: Evidence, _: None) -> None:
        evidence.add(AuditEvent.OPERATOR_ADDED, operator=name)
        for given in sorted(made.roles):
            evidence.add(AuditEvent.OPERATOR_ROLE_GIVEN, operator=name, role=given)

    in_store(state_dir, keys_file, job, now, actor=ACTOR, record=record)
    if password is not None:
        hand_over(password, one_time_file)
    say(f"operator {name} is added")


@app.command("list")
def list_(
    state_dir: StateDirOption,
    keys_file: KeysFileOption,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the operators of a gateway, without anything of their passwords."""

    def job(tx: Transaction) -> tuple[tuple[Operator, ...], dict[str, Identity]]:
        return operators.list_all(tx), operator_identities.of_operators(tx)

    found, identities = in_store(state_dir, keys_file, job, datetime.now(UTC), actor=ACTOR)
    if as_json:
        write_json([_shown(operator, identities.get(operator.name)) for operator in found])
        return
    table = Table("Name", "Display name", "Roles", "State", "Password", "At the identity provider")
    for operator in found:
        linked = identities.get(operator.name)
        shown = _shown(operator, linked)
        table.add_row(
            operator.name,
            operator.display_name,
            ", ".join(sorted(operator.roles)),
            "enabled" if operator.enabled else "disabled",
            str(shown["password"]),
            "" if linked is None else f"{linked.claim} {linked.value}",
        )
    OUT.print(table)


@app.command("disable")
def disable(name: NameArgument, state_dir: StateDirOption, keys_file: KeysFileOption) -> None:
    """Let an operator sign in no more and end every session at once, also in a running gateway."""

    def job(tx: Transaction, found: Operator) -> None:
        if not found.enabled:
            raise CommandFailed(f"operator {name} is disabled already")
        operators.set_enabled(tx, name, False)
        operator_sessions.end_all(tx, name)

    _change(
        state_dir, keys_file, name, job, lambda evidence: _add(evidence, AuditEvent.OPERATOR_DISABLED, name)
    )
    say(f"operator {name} is disabled; every session has ended")


@app.command("enable")
def enable(name: NameArgument, state_dir: StateDirOption, keys_file: KeysFileOption) -> None:
    """Let an operator sign in again, with the same password and roles."""

    def job(tx: Transaction, found: Operator) -> None:
        if found.enabled:
            raise CommandFailed(f"operator {name} is enabled already")
        operators.set_enabled(tx, name, True)

    _change(
        state_dir, keys_file, name, job, lambda evidence: _add(evidence, AuditEvent.OPERATOR_ENABLED, name)
    )
    say(f"operator {name} may sign in")


@app.command("role")
def role(
    name: NameArgument,
    state_dir: StateDirOption,
    keys_file: KeysFileOption,
    give: Annotated[list[Role] | None, typer.Option(help="Give this role; repeat.")] = None,
    take: Annotated[list[Role] | None, typer.Option(help="Take this role away; repeat.")] = None,
) -> None:
    """Give roles and take them away. It counts from the operator's next request on."""
    given, taken = set[Role](), set[Role]()

    def job(tx: Transaction, found: Operator) -> None:
        roles = (found.roles | set(give or ())) - set(take or ())
        _check_roles(roles)
        given.update(roles - found.roles)
        taken.update(found.roles - roles)
        if not given and not taken:
            raise CommandFailed(f"operator {name} has these roles already")
        operators.set_roles(tx, name, roles)

    def record(evidence: Evidence) -> None:
        for event, roles in (
            (AuditEvent.OPERATOR_ROLE_GIVEN, given),
            (AuditEvent.OPERATOR_ROLE_TAKEN, taken),
        ):
            for entry in sorted(roles):
                evidence.add(event, operator=name, role=entry)

    _change(state_dir, keys_file, name, job, record)
    say(f"operator {name}: given {_listed(given)}; taken {_listed(taken)}")


@app.command("password")
def password(
    name: NameArgument,
    state_dir: StateDirOption,
    keys_file: KeysFileOption,
    password_file: FileOption = None,
    one_time: OneTimeOption = False,
    one_time_file: OneTimeFileOption = None,
    hours: HoursOption = 72,
) -> None:
    """Replace an operator's password and end every session."""
    new = new_password(name, password_file, one_time or one_time_file is not None, one_time_file)
    now = datetime.now(UTC)

    def job(tx: Transaction, _: Operator) -> None:
        until = new.ends_at(now, hours)
        operators.set_password(tx, name, new.hashed, now, one_time=new.one_time is not None, until=until)
        operator_sessions.end_all(tx, name)

    _change(
        state_dir,
        keys_file,
        name,
        job,
        lambda evidence: _add(evidence, AuditEvent.OPERATOR_PASSWORD_SET, name),
    )
    hand_over(new, one_time_file)
    say(f"operator {name} has a new password; every session has ended")


app.command("link")(link)
app.command("identity")(identity)


def _change(
    state_dir: Path,
    keys_file: Path,
    name: str,
    job: Callable[[Transaction, Operator], None],
    record: Callable[[Evidence], None],
) -> None:
    def checked(tx: Transaction) -> None:
        found = operators.find(tx, name)
        if found is None:
            raise CommandFailed(f"there is no operator {name}")
        job(tx, found)

    in_store(
        state_dir,
        keys_file,
        checked,
        datetime.now(UTC),
        actor=ACTOR,
        record=lambda evidence, _: record(evidence),
    )


def _listed(roles: Collection[Role]) -> str:
    return ", ".join(sorted(roles)) or "none"


def _add(evidence: Evidence, event: AuditEvent, name: str) -> None:
    evidence.add(event, operator=name)


def _check(kind: TypeAdapter[str], value: str, words: str) -> None:
    try:
        kind.validate_python(value)
    except ValidationError:
        raise CommandFailed(words) from None


def _check_roles(roles: Collection[Role]) -> None:
    fault = conflict(roles)
    if fault is not None:
        raise CommandFailed(fault)


def _shown(operator: Operator, identity: Identity | None) -> dict[str, object]:
    state = "none" if operator.password_hash is None else "one-time" if operator.one_time else "set"
    return {
        "name": operator.name,
        "display_name": operator.display_name,
        "roles": sorted(operator.roles),
        "enabled": operator.enabled,
        "created_at": operator.created_at.isoformat(),
        "password": state,
        "password_set_at": operator.password_set_at.isoformat() if operator.password_set_at else None,
        "password_until": operator.password_until.isoformat() if operator.password_until else None,
        "identity": None if identity is None else asdict(identity),
    }
