"""Tables as Markdown."""

from collections.abc import Iterable

Row = tuple[str, ...]


def table(title: str, head: Row, rows: Iterable[Row]) -> str:
    """A titled table."""
    lines = [f"**{title}**", "", _line(head), _line(("---",) * len(head))]
    return "\n".join([*lines, *map(_line, rows)])


def _line(cells: Row) -> str:
    return "| " + " | ".join(cells) + " |"
