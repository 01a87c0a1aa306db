"""What a message's header and label say of how it is handled, as rows. Pure."""

from collections.abc import Mapping
from typing import Any

from console.rendering.naming import Words
from console.rendering.reading import Reading
from console.rendering.schema import Schema, SchemaReader
from console.rendering.values import Row, Section

_SHOWN_ABOVE = ("kind", "precedence", "subject", "originator", "message_id", "references")
"""Stand in the page's head, or in parts of their own."""
_LABEL_ORDER = (
    *("policy", "classification", "releasable_to", "release_set", "display_only_to", "display_set"),
    *("restrictive", "originator_controlled", "review_at"),
)


def render_handling(message: Mapping[str, Any], schema: Schema | None, words: Words) -> tuple[Section, ...]:
    """Two sections: the header's rows that stand nowhere else, and the label's."""
    reader = SchemaReader(schema)
    reading = Reading(reader, words, None)
    header, label = _object(message, "header"), _object(message, "label")
    first = {name: label[name] for name in _LABEL_ORDER if name in label}
    sections = (
        Section("header", words("section.header"), _rows(header, reader.header(), reading)),
        Section("label", words("section.label"), _rows(first | dict(label), reader.label(), reading)),
    )
    return tuple(section for section in sections if section.rows)


def _rows(value: Mapping[str, Any], schema: Schema, reading: Reading) -> tuple[Row, ...]:
    told = {name: part for name, part in value.items() if part is not False}
    return reading.rows(told, schema, leaving_out=_SHOWN_ABOVE)


def _object(message: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = message.get(name)
    return value if isinstance(value, Mapping) else {}
