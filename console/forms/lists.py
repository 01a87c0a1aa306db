"""Adding and removing rows of lists, and versions of a draft, as the page asks the server for it."""

import copy
from collections.abc import Mapping
from typing import Any

from console.forms.arrangement import FIRST_ROWS
from console.forms.field import Field, Shape, Unreadable
from console.forms.submitted import empty_item

TEAR_LINES = "/tear_lines"


def with_row(form: Field, draft: Any, pointer: str) -> Any:
    """The draft with one more row in the list at ``pointer``. Unchanged where there is no such list."""
    field, tokens = field_at(form, pointer), _tokens(pointer)
    if field is None or field.shape is not Shape.LIST or field.item is None:
        return draft
    changed = copy.deepcopy(draft)
    rows = _made(changed, tokens)
    if rows is None or (field.most is not None and len(rows) >= field.most):
        return draft
    rows.append(_version_after(changed, rows) if pointer == TEAR_LINES else begun(field.item))
    return changed


def without_row(draft: Any, pointer: str) -> Any:
    """The draft without the row at ``pointer``."""
    *tokens, last = _tokens(pointer) or [""]
    changed = copy.deepcopy(draft)
    rows: Any = changed
    for token in tokens:
        rows = _inside(rows, token)
    if isinstance(rows, list) and last.isdecimal() and int(last) < len(rows):
        del rows[int(last)]
    return changed


def moved(unreadable: Mapping[str, Unreadable], removed: str) -> dict[str, Unreadable]:
    """What could not be read, after the row at ``removed`` is gone."""
    head, _, last = removed.rpartition("/")
    kept: dict[str, Unreadable] = {}
    for pointer, text in unreadable.items():
        if pointer == removed or pointer.startswith(removed + "/"):
            continue
        rest = pointer.removeprefix(head + "/")
        place, slash, inner = rest.partition("/")
        if rest != pointer and place.isdecimal() and last.isdecimal() and int(place) > int(last):
            pointer = f"{head}/{int(place) - 1}{slash}{inner}"
        kept[pointer] = text
    return kept


def begun(field: Field) -> Any:
    """What a new row of this kind holds: the rows that such a thing begins with."""
    if field.shape is not Shape.OBJECT:
        return empty_item(field)
    value: dict[str, Any] = {}
    for member in field.members:
        first = member.name in FIRST_ROWS.get(field.type_name, ()) or (member.required and member.fewest > 0)
        if member.shape is Shape.LIST and member.item is not None and first:
            value[member.name] = [begun(member.item)]
    return value


def field_at(form: Field, pointer: str) -> Field | None:
    """The field that a JSON pointer leads to."""
    field: Field | None = form
    for token in _tokens(pointer):
        if field is None:
            return None
        if field.shape is Shape.LIST:
            field = field.item if token.isdecimal() else None
        elif field.shape is Shape.UNION:
            field = next((found for each in field.members if (found := each.member(token))), None)
        else:
            field = field.member(token)
    return field


def _version_after(draft: Mapping[str, Any], before: list[Any]) -> dict[str, Any]:
    """A further version begins as a copy of the one before it; who may have it is for its author to say."""
    if before:
        fuller = before[-1]
    else:
        fuller = {
            "label": draft.get("label", {}),
            "subject": draft.get("header", {}).get("subject", ""),
            "body": draft.get("body", {}),
        }
    return copy.deepcopy({key: each for key, each in fuller.items() if each != ""})


def _made(draft: Any, tokens: list[str]) -> list[Any] | None:
    """The list at the end of the way, which is made where it is not there yet."""
    at: Any = draft
    for place, token in enumerate(tokens):
        last = place == len(tokens) - 1
        made: Any = [] if last else {}
        at = at.setdefault(token, made) if isinstance(at, dict) else _inside(at, token)
        if at is None:
            return None
    return at if isinstance(at, list) else None


def _inside(value: Any, token: str) -> Any:
    if isinstance(value, list) and token.isdecimal() and int(token) < len(value):
        return value[int(token)]
    return value.get(token) if isinstance(value, dict) else None


def _tokens(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
