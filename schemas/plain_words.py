"""What is wrong with what a person wrote, in plain words: which member, and what was expected or meant. Pure.

Only for files that people write, for it quotes their misspelt words. What comes over the network is told of
without any of its values (``schemas.strict_json``).
"""

import re
import types
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher, get_close_matches
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from schemas.strict_json import json_pointer

MANY_WORDS = 12
LONGEST_EXCERPT = 40
MUCH_LESS = 0.1
_QUOTED = re.compile(r"'([^']*)'")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number that can be reckoned with",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "set_type": "a list",
    "dict_type": "a group of members",
    "model_type": "a group of members",
    "model_attributes_type": "a group of members",
    "datetime_type": "a time such as 2026-03-02T09:30:00Z",
    "datetime_parsing": "a time such as 2026-03-02T09:30:00Z",
    "uuid_type": "a UUID",
    "uuid_parsing": "a UUID",
}
_BOUNDS = {
    "greater_than": "more than {}",
    "greater_than_equal": "{} or more",
    "less_than": "less than {}",
    "less_than_equal": "{} or less",
    "multiple_of": "a multiple of {}",
}
_FORMS = {
    r"^[A-Z]{3}$": "a nation's code of three capital letters",
    r"^([A-Z]{3}|[A-Z][A-Z0-9-]{3,31})$": "a nation's code of three capital letters, or a community",
    r"^[A-Z][A-Z0-9-]{3,31}$": "a community's name: four capital letters, digits or hyphens, or more",
    r"^[0-9]{1,3}(\.[0-9]{1,3}){0,2}$": "a serial: up to three numbers with dots between, like 1.2.3",
    r"^[0-9]{1,3}$": "a number of up to three digits, in quotes",
    r"^[A-Z][A-Z0-9-]{0,15}$": "a capital letter, and up to 15 capital letters, digits or hyphens",
    r"^[A-Z0-9][A-Z0-9 ._/-]{0,63}$": "made of capital letters, digits and blanks, 64 at most",
    r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$": "made of letters, digits and . _ : / -, 128 at most",
    r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$": "a language's tag, like en or pt-BR",
}

Written = tuple[str, str, str]
"""A fault: JSON pointer, pydantic's type, pydantic's words."""


def did_you_mean(given: str, words: Iterable[str]) -> str:
    """The end of a sentence that names the words that look like what was written; empty without any."""
    near = _near(given, words)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _near(given: str, words: Iterable[str]) -> list[str]:
    """The words that look like it, the likeliest first: none that is much less so than that one."""
    cased = {word.casefold(): word for word in words}
    near = get_close_matches(given.casefold(), cased, n=3, cutoff=0.5)
    alike = {word: SequenceMatcher(None, word, given.casefold()).ratio() for word in near}
    return [cased[word] for word in near if alike[word] > alike[near[0]] - MUCH_LESS]


def excerpt(given: str) -> str:
    """What was written, cut where it is long."""
    return given if len(given) <= LONGEST_EXCERPT else f"{given[:LONGEST_EXCERPT]}..."


def in_plain_words(model: type[BaseModel], value: Any, faults: Sequence[Written]) -> list[tuple[str, str]]:
    """Each fault of a value that is no ``model``, as a pointer and a sentence.

    Of several forms that something may have, all are named in one. A member that is missing is not told of
    beside one that is its misspelling.
    """
    unknown = [pointer for pointer, kind, _ in faults if kind == "extra_forbidden"]
    meant = {
        (pointer.rpartition("/")[0], name)
        for pointer in unknown
        for name in _near(_last(pointer), _members_around(model, pointer))[:1]
    }
    told: dict[str, list[Written]] = {}
    # Misspellings first: others often follow from them.
    for pointer, kind, words in sorted(faults, key=lambda fault: fault[1] != "extra_forbidden"):
        if kind != "missing" or (pointer.rpartition("/")[0], _last(pointer)) not in meant:
            at = _written_at(value, pointer, missing=kind == "missing")
            told.setdefault(at, []).append((pointer, kind, words))
    return [(at, _of_one_place(model, value, at, found)) for at, found in told.items()]


def _of_one_place(model: type[BaseModel], value: Any, at: str, faults: Sequence[Written]) -> str:
    given = _found_at(value, at)
    wanted = [_WANTED[kind] for _, kind, _ in faults if kind in _WANTED]
    said = (
        [f"{_named(at)} must be {' or '.join(dict.fromkeys(wanted))}, and is {_sort(given)}"]
        if wanted
        else []
    )
    for pointer, kind, words in faults:
        if kind == "extra_forbidden":
            said.append(f"{_around(at)} has no member {excerpt(_last(at))}{_meant(model, pointer)}")
        elif kind not in _WANTED:
            said.append(_sentence(kind, words, at, given))
    return "; ".join(dict.fromkeys(said))


def _sentence(kind: str, words: str, at: str, given: Any) -> str:
    named = _named(at)
    match kind:
        case "missing":
            return f"{_around(at)} lacks the member {_last(at)}"
        case "enum" | "literal_error":
            return _choice(words, named, given)
        case "string_too_short" | "string_too_long" | "too_short" | "too_long":
            return f"{named} {_length(kind, words)}"
        case "string_pattern_mismatch":
            pattern = words.partition("'")[2].removesuffix("'")
            return f"{named} must be {_FORMS.get(pattern, f'of the form {pattern}')}"
        case "union_tag_invalid" if isinstance(given, dict):
            tag, *choices = _QUOTED.findall(words)
            return _choice(" ".join(map(repr, choices)), tag, given.get(tag))
        case "union_tag_not_found":
            return f"{named} lacks the member {(_QUOTED.findall(words) or ['type'])[0]}"
    if kind in _BOUNDS:
        return f"{named} must be {_BOUNDS[kind].format(_numbers(words)[-1])}"
    said = words.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return f"{named} is {said}" if said.startswith("not ") else said


def _choice(words: str, named: str, given: Any) -> str:
    choices = _QUOTED.findall(words)
    if not choices:
        return f"{named} must be {words.removeprefix('Input should be ')}, and is {_sort(given)}"
    listed = f" ({', '.join(choices)})" if len(choices) <= MANY_WORDS else ""
    if not isinstance(given, str) or not given:
        return f"{named} must be one of the words that can stand here{listed}, and is {_sort(given)}"
    return f"{excerpt(given)} is none of the words that can stand here{listed}{did_you_mean(given, choices)}"


def _meant(model: type[BaseModel], pointer: str) -> str:
    members = _members_around(model, pointer)
    meant = did_you_mean(_last(pointer), members)
    if meant or not 0 < len(members) <= MANY_WORDS:
        return meant
    return f"; it may have {', '.join(members)}"


def _length(kind: str, words: str) -> str:
    bound = _numbers(words)[0]
    what = ("character", "characters") if kind.startswith("string") else ("entry", "entries")
    if kind.endswith("short"):
        return "is empty" if bound == "1" else f"must have {bound} {what[1]} or more"
    return f"must not have more than {bound} {what[bound != '1']}"


def _found_at(value: Any, pointer: str) -> Any:
    """What a JSON pointer leads to in a value that was read; None where there is nothing."""
    for key in _steps(pointer):
        if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, dict):
            value = value.get(key)
        else:
            return None
    return value


def _written_at(value: Any, pointer: str, *, missing: bool) -> str:
    """The pointer without the steps that pydantic adds to say which of several forms it tried."""
    found, steps = [], _steps(pointer)
    for place, step in enumerate(steps, start=1):
        last = missing and place == len(steps)
        inner = isinstance(value, list) and step.isdecimal() and int(step) < len(value)
        if last or inner or (isinstance(value, dict) and step in value):
            found.append(step)
            value = _found_at(value, json_pointer([step]))
    return json_pointer(found)


def _sort(given: Any) -> str:
    """What sort of thing was written. Not what: it may be a key."""
    match given:
        case None | "":
            return "empty"
        case bool():
            return str(given).lower()
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a group of members"


def _named(pointer: str) -> str:
    name = _last(pointer)
    if not name.isdecimal():
        return excerpt(name) or "the whole"
    return f"an entry of {_last(pointer.rpartition('/')[0]) or 'the whole'}"


def _around(pointer: str) -> str:
    outer = pointer.rpartition("/")[0]
    return _named(outer) if outer else "the whole"


def _last(pointer: str) -> str:
    return (_steps(pointer) or [""])[-1]


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _numbers(words: str) -> list[str]:
    return _NUMBER.findall(words) or ["?"]


def _members_around(model: type[BaseModel], pointer: str) -> tuple[str, ...]:
    """The members that could stand beside what a pointer leads to."""
    found: list[Any] = [model]
    for step in _steps(pointer)[:-1]:
        # A step that no form has is one that pydantic adds to say which form it tried.
        found = [inner for each in found for inner in _inside(each, step)] or found
    names = [
        field.alias or name for each in found if _is_model(each) for name, field in each.model_fields.items()
    ]
    return tuple(dict.fromkeys(names))


def _inside(form: Any, step: str) -> Iterator[Any]:
    if _is_model(form):
        for name, field in form.model_fields.items():
            if step == (field.alias or name):
                yield from _forms(field.annotation)
    elif get_origin(form) is dict:
        yield from _forms(get_args(form)[1])
    elif step.isdecimal():
        for inner in get_args(form):
            yield from _forms(inner)


def _forms(annotation: Any) -> Iterator[Any]:
    """The forms that something may have, without what surrounds them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _forms(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for each in get_args(annotation):
            yield from _forms(each)
    else:
        yield annotation


def _is_model(form: Any) -> bool:
    return isinstance(form, type) and issubclass(form, BaseModel)
