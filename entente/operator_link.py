"""`entente operator link`: a link by which an operator signs in once, at a console."""

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from bus.store import operators
from bus.store.writer import Transaction
from entente.gateway_store import KeysFileOption, StateDirOption, in_store
from entente.terminal import OUT, CommandFailed
from gateways.evidence import Evidence
from gateways.operators.link_sign_in import ends, hand_out, new_link
from schemas.audit import AuditEvent

ACTOR = "entente operator"
PATH = "/sign-in/link#"
"""After the console's address. What follows # stays in the browser: no server's log has it."""


def link(
    name: Annotated[str, typer.Argument(help="Who signs in with it.")],
    state_dir: StateDirOption,
    keys_file: KeysFileOption,
    console: Annotated[
        str, typer.Option(help="The console's address, to print the whole link; without it the secret alone.")
    ] = "",
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="Minutes until it ends.")] = 15,
) -> None:
    """Print a link by which an operator signs in once. Whoever has it can use it; it makes no act fresh."""
    now = datetime.now(UTC)
    text, made = new_link(name, ends(now, minutes), os.urandom)

    def job(tx: Transaction) -> None:
        found = operators.find(tx, name)
        if found is None:
            raise CommandFailed(f"there is no operator {name}")
        if not found.enabled or found.one_time:
            raise CommandFailed(f"operator {name} is disabled, or has a one-time password to replace first")
        hand_out(tx, made, now)

    def record(evidence: Evidence, _: None) -> None:
        evidence.add(AuditEvent.OPERATOR_LINK_MADE, operator=name)

    in_store(state_dir, keys_file, job, now, actor=ACTOR, record=record)
    OUT.print(address(console, text) if console else text, soft_wrap=True, highlight=False, markup=False)


def address(console: str, text: str) -> str:
    """The whole link for a console's address."""
    return console.rstrip("/") + PATH + text
