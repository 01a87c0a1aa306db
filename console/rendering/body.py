"""A message's body in plain words. Pure: the same for the same message, schema and catalogue."""

from collections.abc import Mapping
from typing import Any

from console.rendering.layouts import LAYOUTS, Layout
from console.rendering.naming import Words, key_of, language_tag
from console.rendering.reading import Reading, says_nothing
from console.rendering.schema import Schema, SchemaReader
from console.rendering.values import Prose, Rendered, Row, Section, Spoken

_PLAIN = Layout(facts=(), sections=())


def render_body(
    message: Mapping[str, Any], schema: Schema | None, words: Words, reader_language: str = "en"
) -> Rendered:
    """The body in sections. ``schema``: that of the kind's messages; None where there is none to be had."""
    header = message.get("header")
    header = header if isinstance(header, Mapping) else {}
    body = message.get("body")
    if not isinstance(body, Mapping):
        body = {} if says_nothing(body) else {"body": body}
    reader = SchemaReader(schema)
    reading = Reading(reader, words, language_tag(header.get("language")) or "en")
    layout = LAYOUTS.get(str(header.get("kind")), _PLAIN)
    placed = {*layout.facts, *(name for _, names in layout.sections for name in names)}
    if layout.spoken is not None:
        placed.add(layout.spoken)
    sections = [
        _section(key, words(key_of("section", key)), names, body, reading) for key, names in layout.sections
    ]
    rest = tuple(name for name in body if name not in placed)
    title = words("section.more") if layout is not _PLAIN else words("section.content")
    sections.append(_section("more", title, rest, body, reading))
    return Rendered(
        facts=_named(layout.facts, body, reading),
        spoken=_spoken(layout, body, reading, reader_language),
        sections=tuple(section for section in sections if section.rows),
    )


def _section(
    key: str, title: str | None, names: tuple[str, ...], body: Mapping[str, Any], reading: Reading
) -> Section:
    return Section(key, title, _named(names, body, reading))


def _named(names: tuple[str, ...], body: Mapping[str, Any], reading: Reading) -> tuple[Row, ...]:
    schema = reading.schema.body()
    rows = (reading.row(name, body.get(name), reading.schema.part(schema, name)) for name in names)
    return tuple(row for row in rows if row is not None)


def _spoken(
    layout: Layout, body: Mapping[str, Any], reading: Reading, reader_language: str
) -> tuple[Spoken, ...]:
    """The texts by language: the reader's own first, then the message's, then as they stand."""
    if layout.spoken is None:
        return ()
    row = reading.row(
        layout.spoken, body.get(layout.spoken), reading.schema.part(reading.schema.body(), layout.spoken)
    )
    texts = body.get(layout.spoken)
    if row is None or not isinstance(texts, list):
        return ()
    item = reading.schema.item(reading.schema.part(reading.schema.body(), layout.spoken))
    spoken = [_one(text, item, reading) for text in texts]
    return tuple(sorted(spoken, key=lambda each: _rank(each.language, reader_language, reading.language)))


def _one(text: Any, schema: Schema, reading: Reading) -> Spoken:
    if not isinstance(text, Mapping):
        return Spoken(None, None, (Row("text", "", Prose(str(text), reading.language)),))
    language = language_tag(text.get("language")) or reading.language
    headline = next((text[name] for name in ("headline", "event") if isinstance(text.get(name), str)), None)
    leaving_out = ("language", "headline" if headline == text.get("headline") else "event")
    rows = reading.rows(text, schema, leaving_out=leaving_out if headline else ("language",))
    return Spoken(language, headline, rows)


def _rank(language: str | None, reader: str, message: str | None) -> int:
    tag = (language or "").lower().partition("-")[0]
    if tag == reader.lower().partition("-")[0]:
        return 0
    return 1 if tag == (message or "").lower().partition("-")[0] else 2
