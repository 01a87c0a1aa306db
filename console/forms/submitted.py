"""What a browser sent back as a draft: read as its schema asks; what cannot be read stays as typed."""

import json
from typing import Any

from console.forms.field import Field, Shape, Submitted, Unreadable, Values
from console.forms.geometry import NoGeometry, read_geometry
from console.forms.moments import read_moment, with_ascii_digits
from schemas.strict_json import JsonRefused, parse

ROW = "#row"
"""Appended to a list's pointer: the names of its rows, in order."""
VARIANT = "#variant"
"""Appended to a union's pointer: which variant is chosen."""
SHAPE = "#shape"
"""Appended to a geometry's pointer: which geometry its positions are."""
LEVEL = "#level"
"""Appended to a label's pointer: policy and classification together, as a JSON list of two."""

MAX_ROWS = 2000
MAX_JSON_BYTES = 256 * 1024


class _Nothing:
    """Of a field that was left empty."""


NOTHING = _Nothing()


def read_form(form: Field, values: Values) -> Submitted:
    """The draft that was typed; a list's empty rows stay in it as empty objects (see ``pruned``)."""
    submitted = Submitted({})
    found = _read(form, "", "", values, submitted.unreadable)
    submitted.value = {} if found is NOTHING else found
    return submitted


def _read(field: Field, sent: str, pointer: str, values: Values, bad: dict[str, Unreadable]) -> Any:
    """The value of one field. It was sent under ``sent``; ``pointer`` is where it stands in the draft."""
    match field.shape:
        case Shape.OBJECT:
            return _object(field, sent, pointer, values, bad)
        case Shape.LIST:
            return _list(field, sent, pointer, values, bad)
        case Shape.UNION:
            chosen = field.member(_first(values, sent + VARIANT))
            return NOTHING if chosen is None else _read(chosen, sent, pointer, values, bad)
        case Shape.CONSTANT:
            return field.constant
        case Shape.LEVEL:
            return _level(values, sent) or NOTHING
        case Shape.CHOICES:
            picked = [each for each in values.get(sent, ()) if each]
            return list(dict.fromkeys(picked)) or NOTHING
        case Shape.NATIONS | Shape.AUDIENCE:
            text = " ".join(values.get(sent, ()))
            for mark in (",", ";", "/"):
                text = text.replace(mark, " ")
            return list(dict.fromkeys(text.upper().split())) or NOTHING
        case Shape.LINES:
            lines = [line.strip() for line in _first(values, sent).splitlines()]
            return [line for line in lines if line] or NOTHING
        case Shape.CHECK:
            return _ticked(field, values.get(sent))
    return _single(field, sent, pointer, values, bad)


def _object(field: Field, sent: str, pointer: str, values: Values, bad: dict[str, Unreadable]) -> Any:
    found: dict[str, Any] = _level(values, sent) if field.member("classification") else {}
    constants: dict[str, Any] = {}
    for member in field.members:
        value = _read(member, f"{sent}/{member.name}", f"{pointer}/{member.name}", values, bad)
        if member.name in found:
            continue
        if member.shape is Shape.CONSTANT:
            constants[member.name] = value
        elif value is not NOTHING:
            found[member.name] = value
    unread = any(each.startswith(f"{pointer}/") for each in bad)
    if found or field.required or unread:
        return {**constants, **found}
    return NOTHING


def _level(values: Values, sent: str) -> dict[str, Any]:
    """Policy and classification are chosen together: a level belongs to its policy."""
    chosen = _json(_first(values, sent + LEVEL) or "null")
    if isinstance(chosen, list) and len(chosen) == 2 and all(isinstance(each, str) for each in chosen):
        return {"policy": chosen[0], "classification": chosen[1]}
    return {}


def _list(field: Field, sent: str, pointer: str, values: Values, bad: dict[str, Unreadable]) -> Any:
    item = field.item
    # Each once: rows in rows would be read as often as both are named together.
    rows = list(dict.fromkeys(values.get(sent + ROW, ())))[:MAX_ROWS]
    if item is None or not rows:
        return NOTHING
    found = []
    for place, row in enumerate(rows):
        value = _read(item, f"{sent}/{row}", f"{pointer}/{place}", values, bad)
        found.append(empty_item(item) if value is NOTHING else value)
    return found


def empty_item(item: Field) -> Any:
    """What stands for a row that is there and was not filled in."""
    if item.shape is Shape.OBJECT:
        return {}
    return [] if item.shape in (Shape.LIST, Shape.LINES, Shape.NATIONS, Shape.CHOICES) else ""


def _ticked(field: Field, sent: list[str] | None) -> Any:
    """A box that was not ticked is not sent. What its schema assumes anyway is left out."""
    ticked = bool(sent and sent[-1])
    return NOTHING if ticked == bool(field.default) else ticked


def _single(field: Field, sent: str, pointer: str, values: Values, bad: dict[str, Unreadable]) -> Any:
    raw = _first(values, sent).replace("\r\n", "\n").replace("\r", "\n")
    text = raw.strip()
    if not text:
        return NOTHING
    value: Any = None
    reason = ""
    match field.shape:
        case Shape.MOMENT:
            value, reason = read_moment(text), "moment"
        case Shape.INTEGER:
            value, reason = _integer(text), "integer"
        case Shape.NUMBER:
            value, reason = _number(text), "number"
        case Shape.YES_NO:
            value, reason = {"yes": True, "no": False}.get(text), "choice"
        case Shape.NATION:
            value = text.upper()
        case Shape.GEOMETRY:
            try:
                value = read_geometry(_first(values, sent + SHAPE), raw)
            except NoGeometry as error:
                reason = error.reason
        case Shape.JSON:
            value, reason = _json(text), "json"
        case _:
            value = raw.rstrip() if field.shape is Shape.PARAGRAPH else text
    if value is None:
        bad[pointer] = Unreadable(raw, reason)
        return NOTHING
    return value


def _first(values: Values, name: str) -> str:
    sent = values.get(name)
    return sent[0] if sent else ""


def _bare(text: str) -> str:
    """Digits in groups of three are digits; a comma is refused, for it means two things."""
    return (
        with_ascii_digits(text).replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace("−", "-")
    )


def _integer(text: str) -> int | None:
    bare = _bare(text)
    digits = bare.removeprefix("-")
    return int(bare) if digits.isdecimal() and len(digits) <= 15 else None


def _number(text: str) -> float | int | None:
    bare = _bare(text)
    whole, _, rest = bare.removeprefix("-").partition(".")
    if not whole.isdecimal() or (rest and not rest.isdecimal()) or len(bare) > 24 or bare.endswith("."):
        return None
    return float(bare) if rest else int(bare)


def _json(text: str) -> Any:
    try:
        return parse(text.encode(), MAX_JSON_BYTES)
    except (JsonRefused, UnicodeEncodeError):
        return None


def encode(draft: Any) -> bytes:
    """The draft as it is handed in: always the same bytes for the same draft, so that a repeat is one."""
    return json.dumps(draft, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
