"""Reading what a person types to search the traffic (docs/search.md). Pure.

Terms are separated by spaces and must all hold. A term is a word, a "phrase", or field:value; values of a
field separated by commas are alternatives; a leading - says that it must not hold. What is not understood is
refused.
"""

import unicodedata
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from bus.protocol.search_values import LONE_ID, Reader, readers
from bus.protocol.traffic_query import WORDS, Field, Phrase, Query, SearchNotUnderstood, Term, Value

MOST_CHARACTERS = 1000
MOST_TERMS = 40
MOST_VALUES = 50
SHORTEST_BEGINNING = 3
"""Shorter ones would have most words of the index read."""
FIELDS = tuple(f"{field.value}:" for field in Field if field is not Field.TEXT)
_NO_CONTENT = "Words of messages are not searched for who does not see content."


class _Part(NamedTuple):
    """A value as it was written: where, whether in quotes."""

    at: int
    end: int
    text: str
    quoted: bool


class _Written(NamedTuple):
    """A term as it was written. `parts` of a plain word or phrase: that one."""

    at: int
    end: int
    negated: bool
    field: str | None
    parts: tuple[_Part, ...]


def parse_search(text: str, now: datetime, *, content: bool = True) -> Query:
    """What a search asks, at this moment. `content`: whether who searches sees what messages say.

    Raises SearchNotUnderstood.
    """
    if len(text) > MOST_CHARACTERS:
        raise SearchNotUnderstood(
            MOST_CHARACTERS,
            len(text) - MOST_CHARACTERS,
            f"A search has at most {MOST_CHARACTERS} characters.",
        )
    known = readers(now)
    terms: dict[Term, Term] = {}
    for number, written in enumerate(_terms(text)):
        if number == MOST_TERMS:
            raise _refused(written, f"A search has at most {MOST_TERMS} terms.")
        term = _term(written, known, content)
        # Said twice, a word would be looked up twice.
        terms.setdefault(_meant(term), term)
    return Query(tuple(terms.values()))


def _meant(term: Term) -> Term:
    """The same for terms that mean the same."""
    values = (
        Phrase(each.words.casefold(), each.prefix) if isinstance(each, Phrase) else each
        for each in term.values
    )
    return Term(term.field, tuple(dict.fromkeys(values)), term.negated)


def _term(written: _Written, known: dict[Field, Reader], content: bool) -> Term:
    if written.field is None:
        (part,) = written.parts
        if not part.quoted and LONE_ID.fullmatch(part.text):
            return Term(Field.ID, (part.text.lower(),), written.negated)
        field = Field.TEXT
    else:
        try:
            field = Field(written.field.lower() or "?")
        except ValueError:
            raise _refused(written, "There is no such field.", FIELDS) from None
    if field in WORDS and not content:
        allowed = tuple(name for name in FIELDS if Field(name[:-1]) not in WORDS)
        raise _refused(written, _NO_CONTENT, allowed)
    if len(written.parts) > MOST_VALUES:
        raise _refused(written, f"A field has at most {MOST_VALUES} values.")
    return Term(field, tuple(_value(field, part, known) for part in written.parts), written.negated)


def _value(field: Field, part: _Part, known: dict[Field, Reader]) -> Value:
    if field in (Field.TEXT, Field.SUBJ):
        prefix = not part.quoted and part.text.endswith("*")
        words = part.text[:-1] if prefix else part.text
        if not any(unicodedata.category(character)[0] in "LN" for character in words):
            raise SearchNotUnderstood(part.at, part.end - part.at, "A word has a letter or a digit.")
        if prefix and not _long_enough(words):
            detail = f"A beginning has at least {SHORTEST_BEGINNING} letters or digits."
            raise SearchNotUnderstood(part.at, part.end - part.at, detail)
        return Phrase(words.replace("\0", " "), prefix)
    reader = known[field]
    value = reader.read(part.text) if part.text else None
    if value is None:
        raise SearchNotUnderstood(
            part.at, max(1, part.end - part.at), f"This is no value of {field.value}:.", reader.understood
        )
    return value


def _long_enough(words: str) -> bool:
    """Whether the last word is a beginning of few words: one ideograph says as much as three letters."""
    spaced = (
        character if unicodedata.category(character)[0] in "LNM" else " "
        for character in unicodedata.normalize("NFC", words)
    )
    last = "".join(spaced).split()[-1]
    wide = any(unicodedata.east_asian_width(character) in "WF" for character in last)
    return wide or len(last) >= SHORTEST_BEGINNING


def _refused(written: _Written, detail: str, understood: tuple[str, ...] = ()) -> SearchNotUnderstood:
    return SearchNotUnderstood(written.at, written.end - written.at, detail, understood)


def _terms(text: str) -> Iterator[_Written]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        begun, negated = at, text[at] == "-" and at + 1 < len(text) and not text[at + 1].isspace()
        at += negated
        field, at = _field(text, at)
        parts, at = _parts(text, at, listed=field is not None)
        yield _Written(begun, at, negated, field, parts)


def _field(text: str, at: int) -> tuple[str | None, int]:
    """The name before a colon, if what begins here has one: letters alone."""
    end = at
    while end < len(text) and text[end].isalpha():
        end += 1
    if end > at and end < len(text) and text[end] == ":":
        return text[at:end], end + 1
    return None, at


def _parts(text: str, at: int, *, listed: bool) -> tuple[tuple[_Part, ...], int]:
    """The values that begin here, separated by commas where they are `listed`; and where they end."""
    parts = []
    while True:
        part = _quoted(text, at) if text[at : at + 1] == '"' else _bare(text, at, listed)
        parts.append(part)
        at = part.end
        if not (listed and text[at : at + 1] == ","):
            return tuple(parts), at
        at += 1


def _quoted(text: str, at: int) -> _Part:
    end = text.find('"', at + 1)
    if end < 0:
        raise SearchNotUnderstood(at, len(text) - at, "The quotation mark has no second one.", ('"',))
    if end + 1 < len(text) and not text[end + 1].isspace() and text[end + 1] != ",":
        raise SearchNotUnderstood(end + 1, 1, "After a quotation mark comes a space.", (" ",))
    return _Part(at, end + 1, text[at + 1 : end], True)


def _bare(text: str, at: int, listed: bool) -> _Part:
    end = at
    while (
        end < len(text) and not text[end].isspace() and text[end] != '"' and not (listed and text[end] == ",")
    ):
        end += 1
    if end < len(text) and text[end] == '"':
        raise SearchNotUnderstood(
            end, 1, "Before a quotation mark comes a space, a colon or a comma.", (" ",)
        )
    return _Part(at, end, text[at:end], False)
