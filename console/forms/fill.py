"""Fields and a draft as controls, in the reader's words. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from console.forms.arrangement import NEEDED, ONLY_WITH, TUCKED, known, ordered
from console.forms.control import Control, Option
from console.forms.field import Field, Shape, Unreadable
from console.forms.geometry import show_geometry
from console.forms.moments import show_moment
from console.forms.submitted import encode

MAX_OFFERED = 400
"""Options of one choice."""


class Wording(Protocol):
    """The reader's language."""

    def field(self, name: str, title: str) -> str:
        """What a field is called."""

    def code(self, name: str, code: str) -> str:
        """What one word of a fixed list says."""

    def hint(self, type_name: str, name: str) -> str:
        """How to fill it in; empty where nothing needs to be said."""

    def unit(self, name: str) -> str:
        """The unit that it is in."""

    def say(self, key: str, **values: Any) -> str:
        """A sentence of the form's own."""


class Filler:
    """Makes controls of fields."""

    def __init__(
        self,
        wording: Wording,
        unreadable: Mapping[str, Unreadable] | None = None,
        levels: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._wording = wording
        self._levels = levels
        self._unreadable = unreadable or {}

    def controls(
        self, owner: Field, members: tuple[Field, ...], pointer: str, value: Any
    ) -> tuple[Control, ...]:
        """Controls for some members of an object that stands at ``pointer``."""
        holds = value if isinstance(value, Mapping) else {}
        found = []
        for member in members:
            if member.shape is Shape.CONSTANT:
                continue
            made = self.control(member, f"{pointer}/{member.name}", holds.get(member.name), owner)
            condition = ONLY_WITH.get((owner.type_name, member.name))
            if condition is not None:
                made.only_with = (f"{pointer}/{condition[0]}", condition[1])
            made.tucked = member.name in TUCKED.get(owner.type_name, ()) and not made.filled
            made.required = made.required or member.name in NEEDED.get(owner.type_name, ())
            found.append(made)
        return tuple(found)

    def control(self, field: Field, pointer: str, value: Any, owner: Field | None = None) -> Control:
        """One field with what stands in it."""
        type_name = owner.type_name if owner is not None else ""
        hint = self._wording.hint(type_name, field.name)
        if not hint and (owner is None or not known(owner)):
            hint = field.description
        made = Control(
            *(pointer, field.shape, self._wording.field(field.name, field.title)),
            name=field.name,
            type_name=field.type_name,
            hint=hint,
            required=field.required,
            longest=field.longest,
            most=field.most,
            unit=self._wording.unit(field.name),
        )
        self._put(made, field, pointer, value)
        unread = self._unreadable.get(pointer)
        if unread is not None:
            made.text = unread.text
            made.faults.append(self._wording.say(f"unreadable_{unread.reason}"))
        return made

    def _put(self, made: Control, field: Field, pointer: str, value: Any) -> None:
        match field.shape:
            case Shape.OBJECT:
                made.members = self.controls(field, ordered(field), pointer, value)
                made.open = bool(value)
            case Shape.LIST:
                made.members = tuple(self._rows(field, pointer, value))
                made.open = bool(made.members)
            case Shape.CHOICE | Shape.CHOICES:
                chosen = value if isinstance(value, list) else [value]
                made.options = tuple(
                    Option(each, self._wording.code(field.name, each), each in chosen)
                    for each in field.options
                )
                made.text = value if isinstance(value, str) else ""
            case Shape.CHECK | Shape.YES_NO:
                ticked = field.default if value is None and field.shape is Shape.CHECK else value
                made.text = {True: "yes", False: "no"}.get(ticked, "")
            case Shape.NATIONS | Shape.AUDIENCE:
                made.text = " ".join(map(str, value)) if isinstance(value, list) else ""
            case Shape.LINES:
                made.text = "\n".join(map(str, value)) if isinstance(value, list) else ""
            case Shape.MOMENT:
                made.text = show_moment(value) if isinstance(value, str) else ""
            case Shape.GEOMETRY:
                shape, made.text = show_geometry(value)
                made.options = tuple(
                    Option(each, self._wording.code("geometry", each), each == (shape or field.options[-1]))
                    for each in sorted(field.options, key=_SHAPES_BY_USE.index)
                )
                if not shape:
                    made.options = _first_chosen(made.options)
            case Shape.LEVEL:
                made.options = self.levels(value)
            case Shape.UNION:
                self._union(made, field, pointer, value)
            case Shape.JSON:
                made.text = "" if value is None else json.dumps(value, ensure_ascii=False, indent=1)
            case _:
                made.text = "" if value is None else _plain(value)
        if field.default is not None and field.shape in (Shape.INTEGER, Shape.NUMBER, Shape.LINE):
            made.placeholder = _plain(field.default)

    def levels(self, chosen: Any) -> tuple[Option, ...]:
        """The realm's levels as one choice, under their policies; what a draft has is always among them."""
        holds = chosen if isinstance(chosen, Mapping) else {}
        has = (holds.get("policy"), holds.get("classification"))
        offered = list(self._levels)
        if all(isinstance(each, str) for each in has) and has not in offered:
            offered.append((str(has[0]), str(has[1])))
        return tuple(Option(encode(each).decode(), each[1], each == has, each[0]) for each in offered)

    def _rows(self, field: Field, pointer: str, value: Any) -> list[Control]:
        rows = value if isinstance(value, list) else []
        item = field.item
        if item is None:
            return []
        made = [self.control(item, f"{pointer}/{place}", each) for place, each in enumerate(rows)]
        for row in made:
            row.plain = True
            row.required = False
        return made

    def _union(self, made: Control, field: Field, pointer: str, value: Any) -> None:
        chosen = variant_of(field, value)
        made.options = tuple(
            Option(each.name, self._wording.code(field.name, each.name), each is chosen)
            for each in field.members[:MAX_OFFERED]
        )
        if chosen is not None:
            inner = self.control(chosen, pointer, value)
            inner.plain = True
            made.members = inner.members if inner.shape is Shape.OBJECT else (inner,)
            made.open = True


_SHAPES_BY_USE = ("Polygon", "Point", "MultiPolygon", "LineString")


def variant_of(union: Field, value: Any) -> Field | None:
    """Which variant of a union a value is."""
    for variant in union.members:
        if variant.shape is Shape.OBJECT and isinstance(value, Mapping):
            fixed = [each for each in variant.members if each.shape is Shape.CONSTANT]
            names = {each.name for each in variant.members}
            if all(value.get(each.name) == each.constant for each in fixed) and names >= set(value):
                return variant
        elif variant.shape is not Shape.OBJECT and value is not None and _fits(variant, value):
            return variant
    return None


def _fits(variant: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return variant.shape in (Shape.CHECK, Shape.YES_NO)
    if isinstance(value, (int, float)):
        return variant.shape in (Shape.INTEGER, Shape.NUMBER)
    if isinstance(value, list):
        return variant.shape in (Shape.LIST, Shape.LINES, Shape.CHOICES, Shape.NATIONS, Shape.AUDIENCE)
    return variant.shape in (Shape.LINE, Shape.PARAGRAPH, Shape.CHOICE, Shape.MOMENT, Shape.NATION)


def _first_chosen(options: tuple[Option, ...]) -> tuple[Option, ...]:
    return tuple(Option(each.value, each.label, place == 0) for place, each in enumerate(options))


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, float):
        return f"{value:.12f}".rstrip("0").rstrip(".")
    return str(value)
