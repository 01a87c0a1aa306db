"""What a form is made of: fields, as a JSON Schema describes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Shape(StrEnum):
    """How a field is filled in."""

    LINE = "line"
    PARAGRAPH = "paragraph"
    INTEGER = "integer"
    NUMBER = "number"
    CHECK = "check"
    """True or false, with a default: a box to tick."""
    YES_NO = "yes_no"
    """True or false, to be chosen: nothing is assumed."""
    CHOICE = "choice"
    CHOICES = "choices"
    MOMENT = "moment"
    NATION = "nation"
    NATIONS = "nations"
    AUDIENCE = "audience"
    """Nations and communities."""
    LINES = "lines"
    """A list of short texts, one a line."""
    OBJECT = "object"
    LIST = "list"
    GEOMETRY = "geometry"
    UNION = "union"
    LEVEL = "level"
    """A policy and one of its classifications, chosen together."""
    CONSTANT = "constant"
    JSON = "json"
    """What no field describes: written as JSON."""


@dataclass(frozen=True)
class Field:
    """One field of a schema; ``name`` is its key in the object that holds it, empty for an item of a list."""

    name: str
    shape: Shape
    required: bool = False
    title: str = ""
    description: str = ""
    default: Any = None
    options: tuple[str, ...] = ()
    """The values of a choice, or the shapes that a geometry may have."""
    members: tuple["Field", ...] = ()
    """Of an object its fields; of a union its variants, each named as it is chosen."""
    item: "Field | None" = None
    longest: int | None = None
    lowest: float | None = None
    highest: float | None = None
    fewest: int = 0
    most: int | None = None
    pattern: str | None = None
    constant: Any = None
    type_name: str = ""
    """The name of its definition, where it has one: the same words serve it wherever it stands."""

    def member(self, name: str) -> "Field | None":
        """The field of this name, if it has one."""
        return next((each for each in self.members if each.name == name), None)


@dataclass(frozen=True)
class Unreadable:
    """What was typed and is not what its field asks for; ``reason`` names the wording that says so."""

    text: str
    reason: str


@dataclass
class Submitted:
    """What came back from a form: as much of a value as could be read, and what could not."""

    value: Any
    unreadable: dict[str, Unreadable] = field(default_factory=dict)
    """By JSON pointer into ``value``."""


Values = Mapping[str, list[str]]
"""What a browser submits: every name with its texts, in order."""
