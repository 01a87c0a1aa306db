"""What a search of the traffic asks: terms that must all hold, each of a field and its values. Pure data."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Field(StrEnum):
    """What a term is about; the value is how it is written before the colon."""

    TEXT = ""
    """A word or phrase anywhere in the message, written without a field."""
    FROM = "from"
    TO = "to"
    REL = "rel"
    TYPE = "type"
    PREC = "prec"
    LABEL = "label"
    SIG = "sig"
    ACK = "ack"
    SUBJ = "subj"
    ID = "id"
    REF = "ref"
    MODE = "mode"
    EX = "ex"
    STATUS = "status"
    DIR = "dir"
    IS = "is"
    AFTER = "after"
    BEFORE = "before"


WORDS = frozenset({Field.TEXT, Field.SUBJ, Field.REF})
"""Fields that look into messages: not for who sees no content."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in their order. `prefix`: the last may go on."""

    words: str
    prefix: bool = False


Value = str | datetime | Phrase


@dataclass(frozen=True, slots=True)
class Term:
    """One of the values holds of the field; `negated`: none does."""

    field: Field
    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Everything holds. Without terms it is all traffic."""

    terms: tuple[Term, ...] = ()

    @property
    def looks_into_messages(self) -> bool:
        """Whether some term is about words."""
        return any(term.field in WORDS for term in self.terms)


class SearchNotUnderstood(Exception):
    """A search that says nothing: where (characters from the beginning), and what would be understood."""

    def __init__(self, at: int, length: int, detail: str, understood: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.at = at
        self.length = length
        self.detail = detail
        self.understood = understood
