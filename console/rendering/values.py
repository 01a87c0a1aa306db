"""What a rendered message is made of: sections of named values, each saying what it is, none how it looks.

The templates decide the look. Text of a partner is ``Prose`` and nothing else, so that a template knows what
it must isolate and make visible.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Prose:
    """Words that somebody wrote, in their language if that is known. Never trusted, never translated."""

    text: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Coded:
    """One word of a fixed list: the code, and what it says in the reader's language."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Machine:
    """An identifier or the like: shown left to right, in fixed width."""

    text: str


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, with its unit where its name tells one."""

    number: int | float
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class YesNo:
    """A statement that holds or does not."""

    holds: bool


@dataclass(frozen=True, slots=True)
class Nations:
    """Codes of nations or communities."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ring:
    """Positions as read-outs. Of an outline with very many, the first; ``total`` says how many there are."""

    positions: tuple[str, ...]
    total: int
    hole: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A geometry: a point, or one or more outlines, some of which may be holes."""

    form: str
    rings: tuple[Ring, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """A place with what lies around it."""

    position: str
    radius: Quantity | None
    more: "tuple[Row, ...]" = ()


@dataclass(frozen=True, slots=True)
class Many:
    """Several values in their order."""

    items: "tuple[Value, ...]"


@dataclass(frozen=True, slots=True)
class Group:
    """Something that has parts of its own; ``title`` is the part that names it, where one does."""

    rows: "tuple[Row, ...]"
    title: "Value | None" = None


@dataclass(frozen=True, slots=True)
class Table:
    """Several things with the same few plain parts."""

    columns: tuple[str, ...]
    rows: "tuple[tuple[Value | None, ...], ...]"


Value = Prose | Coded | Machine | Moment | Quantity | YesNo | Nations | Shape | Around | Many | Group | Table


@dataclass(frozen=True, slots=True)
class Row:
    """A named value. ``hint`` explains the name, where the schema does."""

    name: str
    label: str
    value: Value
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Rows that belong together. Without a title the page's own heading is enough."""

    key: str
    title: str | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """One language's version of what an alert says."""

    language: str | None
    title: str | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message's body: what matters at a glance, the words by language, the rest in sections."""

    facts: tuple[Row, ...]
    spoken: tuple[Spoken, ...]
    sections: tuple[Section, ...]


def kind_of_value(value: Value) -> str:
    """The word by which a template chooses how a value looks."""
    return type(value).__name__.lower()
