"""A drill's outcome on a terminal, however narrow: no nation is cut off, no code is shortened."""

import io
import re

import pytest
from rich.console import Console

from drills.table import show
from tests.drills.after_action.made import attempt, copy, drill, message

NATIONS = [f"XA{letter}" for letter in "BCDEFGHIJ"]


@pytest.mark.parametrize("width", [50, 60, 80, 120, 200])
def test_every_nation_has_its_column_whole_on_a_terminal_of_any_width(width: int) -> None:
    told = drill(
        message("1.1.1", 0, *(copy(nation, 1, latency_ms=80) for nation in NATIONS)),
        attempts=(attempt("1.2.1"),),
    )
    printed = io.StringIO()
    show(told.model_copy(update={"nations": ("XAA", *NATIONS)}), Console(file=printed, width=width))
    page = printed.getvalue()
    shown = [
        nation for line in page.splitlines() if "Inject" in line for nation in re.findall("XA[A-J]", line)
    ]
    assert shown == ["XAA", *NATIONS]
    assert "\u2026" not in page, "nothing is shortened"
