"""What the commands say to people; results for machines (`--json`) go to standard output alone."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console

WIDTH_OF_FILES = 130
"""Columns where output goes to a file or a pipe."""


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_OF_FILES
    return console


OUT = _console(stderr=False)
ERR = _console(stderr=True)


class CommandFailed(Exception):
    """A command cannot do what was asked; the text says why and what to do, for a person."""

    def __init__(self, text: str, exit_code: int = 1) -> None:
        super().__init__(text)
        self.exit_code = exit_code


def say(text: str) -> None:
    """One line to a person, on standard error, so that standard output stays for results. No markup."""
    ERR.print(text, markup=False, soft_wrap=True)


def read_file(file: Path, at_most: int) -> bytes:
    """A file's bytes. CommandFailed when it cannot be read or is larger."""
    try:
        with file.open("rb") as opened:
            data = opened.read(at_most + 1)
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}") from error
    if len(data) > at_most:
        raise CommandFailed(f"{file} is larger than {at_most} bytes")
    return data


def write_json(value: Any) -> None:
    """A result for machines: one JSON document on standard output."""
    OUT.file.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    OUT.file.flush()
