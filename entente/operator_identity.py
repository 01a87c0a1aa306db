"""`entente operator identity`: who an operator is at the nation's identity provider."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from bus.store import operator_identities, operator_sessions, operators
from bus.store.operator_identities import Identity
from bus.store.writer import Transaction
from entente.gateway_store import KeysFileOption, StateDirOption, in_store
from entente.terminal import CommandFailed, say
from gateways.evidence import Evidence
from schemas.audit import AuditEvent

ACTOR = "entente operator"
LONGEST = 255


def identity(
    name: Annotated[str, typer.Argument(help="Which operator of this gateway it is.")],
    state_dir: StateDirOption,
    keys_file: KeysFileOption,
    value: Annotated[
        str | None, typer.Option(help="What the claim says of this person, and of nobody else.")
    ] = None,
    issuer: Annotated[
        str | None,
        typer.Option(envvar="ENTENTE_GATEWAY_OIDC_ISSUER", help="The issuer, exactly as it writes itself."),
    ] = None,
    claim: Annotated[
        str, typer.Option(envvar="ENTENTE_GATEWAY_OIDC_OPERATOR_CLAIM", help="The claim that says who it is.")
    ] = "sub",
    remove: Annotated[bool, typer.Option("--remove", help="Let no identity stand for the operator.")] = False,
) -> None:
    """Let an identity at the provider stand for an operator, or none. Every session of the operator ends."""
    if remove == (value is not None):
        raise CommandFailed("give --value, or --remove")
    linked = None if value is None else Identity(_issuer(issuer), claim, _value(value))
    now = datetime.now(UTC)

    def job(tx: Transaction) -> None:
        if operators.find(tx, name) is None:
            raise CommandFailed(f"there is no operator {name}")
        if linked is not None:
            other = operator_identities.find(tx, linked)
            if other is not None and other.name != name:
                raise CommandFailed(f"this identity stands for operator {other.name}")
            operator_identities.link(tx, name, linked, now)
        elif not operator_identities.unlink(tx, name):
            raise CommandFailed(f"no identity stands for operator {name}")
        operator_sessions.end_all(tx, name)

    def record(evidence: Evidence, _: None) -> None:
        unlinked = AuditEvent.OPERATOR_IDENTITY_UNLINKED
        evidence.add(unlinked if linked is None else AuditEvent.OPERATOR_IDENTITY_LINKED, operator=name)

    in_store(state_dir, keys_file, job, now, actor=ACTOR, record=record)
    done = "signs in at the provider no more" if linked is None else "signs in at the provider"
    say(f"operator {name} {done}; every session has ended")


def _issuer(given: str | None) -> str:
    if given is None or not given.startswith("https://"):
        raise CommandFailed("give --issuer, an https address")
    return given


def _value(given: str) -> str:
    if not 0 < len(given) <= LONGEST or not given.isprintable():
        raise CommandFailed(f"a value is 1 to {LONGEST} printable characters")
    return given
