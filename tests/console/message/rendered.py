"""What a rendering says, flattened: for tests that look for words in it."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from console.rendering.values import Rendered, Row, Section


def rows_of(rendered: Rendered) -> dict[str, Row]:
    """Every row at the top of a section, a text or the facts, by name."""
    groups: Iterable[tuple[Row, ...]] = (
        rendered.facts,
        *(section.rows for section in rendered.sections),
        *(spoken.rows for spoken in rendered.spoken),
    )
    return {row.name: row for group in groups for row in group}


def said(value: Any) -> Iterator[str]:
    """Every text, code and number that a value holds, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, datetime):
        yield value.isoformat()
    elif isinstance(value, bool | int | float):
        yield str(value)
    elif isinstance(value, tuple):
        for part in value:
            yield from said(part)
    elif is_dataclass(value):
        for each in fields(value):
            # What a field is called is ours; here counts what the message says.
            if not (
                isinstance(value, Row | Section) and each.name in ("name", "label", "hint", "key", "title")
            ):
                yield from said(getattr(value, each.name))


def leaves(value: Any) -> Iterator[Any]:
    """Every text, number and truth of a JSON value."""
    if isinstance(value, dict):
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)
    elif value is not None and value != "":
        yield value
