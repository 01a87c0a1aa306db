"""A form as it is shown: controls, what they are called, what stands in them and what is wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from console.forms.field import Shape


@dataclass(frozen=True)
class Option:
    """One value to choose."""

    value: str
    label: str
    chosen: bool = False
    group: str = ""


@dataclass
class Control:
    """One field on the page. Its ``pointer`` is the name that it is sent under."""

    pointer: str
    shape: Shape
    label: str
    name: str = ""
    type_name: str = ""
    hint: str = ""
    required: bool = False
    text: str = ""
    options: tuple[Option, ...] = ()
    members: tuple["Control", ...] = ()
    """Of an object its fields, of a list its rows, of a union its chosen variant."""
    longest: int | None = None
    placeholder: str = ""
    unit: str = ""
    most: int | None = None
    only_with: tuple[str, tuple[str, ...]] | None = None
    open: bool = False
    """Whether an optional part has something in it."""
    tucked: bool = False
    """Seldom filled in: shown behind a further step while it is empty."""
    plain: bool = False
    """An item of a list that needs no label of its own."""
    faults: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The element's id."""
        return element_id(self.pointer)

    @property
    def option_groups(self) -> list[tuple[str, list[Option]]]:
        """Options under the headings that they stand under, in order."""
        return [(name, list(options)) for name, options in groupby(self.options, key=lambda each: each.group)]

    @property
    def full(self) -> bool:
        """One option is more than what there is."""
        return self.most is not None and len(self.members) >= self.most

    @property
    def span(self) -> int:
        """How many of six columns it takes."""
        if self.shape in _WHOLE:
            return 6
        if self.name == "subject":
            return 4
        long = self.shape is Shape.LINE and (self.longest or 0) >= LONG_LINE
        return 3 if long or self.shape in _HALF or (self.shape is Shape.CHOICE and self.radios) else 2

    @property
    def radios(self) -> bool:
        """Few short options are shown side by side."""
        words = sum(len(option.label) for option in self.options)
        return self.required and len(self.options) <= 5 and words <= 48

    def walk(self) -> Iterator["Control"]:
        """Itself and every control in it."""
        yield self
        for member in self.members:
            yield from member.walk()

    @property
    def filled(self) -> bool:
        """Whether anything stands in it."""
        if self.members:
            return any(each.filled for each in self.members) or self.open
        return (bool(self.text) and self.text != "no") or any(option.chosen for option in self.options)

    @property
    def faulty(self) -> bool:
        """Whether anything in it is wrong."""
        return any(each.faults for each in self.walk())


LONG_LINE = 200
"""From how many characters on a line takes half of the width."""

_WHOLE = frozenset(
    {Shape.PARAGRAPH, Shape.OBJECT, Shape.LIST, Shape.GEOMETRY, Shape.UNION, Shape.JSON, Shape.CHOICES}
)
_HALF = frozenset({Shape.LINES, Shape.AUDIENCE, Shape.NATIONS, Shape.YES_NO, Shape.LEVEL, Shape.CHECK})


def element_id(pointer: str) -> str:
    """The id of the element for a JSON pointer."""
    return "f" + pointer.replace("~", "~0").replace("-", "~1").replace("/", "-")
