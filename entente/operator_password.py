"""New passwords of operators on the command line.

A password is typed at a prompt, read from a file or standard input, or made here to be used once. It never
stands among the arguments or in the environment, where other processes and histories would keep it.
"""

import os
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from bus.keystore import write_secret
from entente.terminal import OUT, CommandFailed, say
from gateways.operators.hashing import Hashing
from gateways.operators.passwords import LARGEST_TYPED, fault_of, one_time_password

FileOption = Annotated[
    Path | None, typer.Option(help="Read the password from this file (one line); - is standard input.")
]
OneTimeOption = Annotated[
    bool, typer.Option("--one-time", help="Make a password that must be replaced at the first sign-in.")
]
OneTimeFileOption = Annotated[
    Path | None,
    typer.Option(help="Write the one-time password to this new file (0600) instead of printing it."),
]
HoursOption = Annotated[int, typer.Option(min=1, max=720, help="Hours until a one-time password ends.")]


@dataclass(frozen=True)
class NewPassword:
    """A password's hash, and its text where it was made here."""

    hashed: str
    one_time: str | None

    def ends_at(self, now: datetime, hours: int) -> datetime | None:
        """When it ends, if it is a one-time password."""
        return None if self.one_time is None else now + timedelta(hours=hours)


def new_password(name: str, file: Path | None, one_time: bool, one_time_file: Path | None) -> NewPassword:
    """A new password for ``name``: made here, read from a file, or typed. Raises CommandFailed."""
    if one_time and file is not None:
        raise CommandFailed("a one-time password is made here; give one or the other")
    if one_time_file is not None and one_time_file.exists():
        raise CommandFailed(f"{one_time_file} exists; nothing is written over")
    if one_time:
        made = one_time_password(os.urandom)
        return NewPassword(_hashed(made), made)
    text = _typed() if file is None else _read(file)
    fault = fault_of(text, name)
    if fault is not None:
        raise CommandFailed(fault)
    return NewPassword(_hashed(text), None)


def known_password(file: Path | None) -> str:
    """The password that an operator has: read from a file, or typed. Raises CommandFailed."""
    return _typed(confirm=False) if file is None else _read(file)


def _typed(*, confirm: bool = True) -> str:
    if not sys.stdin.isatty():
        raise CommandFailed(
            "there is no terminal to ask at: give --password-file" + " or --one-time" * confirm
        )
    text: str = typer.prompt("Password", hide_input=True, confirmation_prompt=confirm)
    return text


def _read(file: Path) -> str:
    try:
        data = sys.stdin.buffer.read(4 * LARGEST_TYPED) if str(file) == "-" else file.read_bytes()
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"the password cannot be read: {type(error).__name__}") from None
    return text.removesuffix("\n").removesuffix("\r")


def _hashed(text: str) -> str:
    hashing = Hashing()
    try:
        return hashing.hash_now(text)
    finally:
        hashing.close()


def hand_over(new: NewPassword, file: Path | None) -> None:
    """Show a password that was made here, once."""
    if new.one_time is None:
        return
    if file is not None:
        write_secret(file, new.one_time.encode("ascii") + b"\n")
        say(f"one-time password written to {file}")
    else:
        OUT.print(new.one_time, markup=False)
