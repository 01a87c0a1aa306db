"""What was refused, at the fields that it is about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.forms.control import Control
from console.forms.pruned import Where

_LEVEL = ("/label/policy", "/label/classification")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, as it is listed above the form."""

    text: str
    label: str = ""
    """What its field is called; empty where it is about the whole."""
    target: str = ""
    """The id of the element to go to."""


def faults_of(problem: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Pointer, code and detail of everything that a problem names."""
    listed = problem.get("errors") or ()
    found = [
        (str(each.get("pointer", "")), str(each.get("code", "")), str(each.get("detail", "")))
        for each in listed
        if isinstance(each, Mapping)
    ]
    if found:
        return found
    return [(str(problem.get("pointer") or ""), str(problem.get("code", "")), str(problem.get("detail", "")))]


def placed(
    controls: Sequence[Control], faults: Iterable[tuple[str, str]], where: Where = lambda pointer: pointer
) -> list[Fault]:
    """Puts every fault (pointer, text) at its control; the list of all, those of no field first.

    A pointer that leads deeper than any control, into a geometry or by way of a variant's name, is a fault of
    the nearest control above it.
    """
    by_pointer = {each.pointer: each for control in controls for each in control.walk()}
    general: list[Fault] = []
    at_fields: set[str] = set()
    for pointer, text in faults:
        control = _nearest(by_pointer, where(pointer))
        if control is None:
            general.append(Fault(text))
        elif text not in control.faults:
            control.faults.append(text)
            at_fields.add(control.pointer)
    listed = [
        Fault(text, each.label, each.id)
        for control in controls
        for each in control.walk()
        for text in each.faults
    ]
    return general + listed


def _nearest(by_pointer: Mapping[str, Control], pointer: str) -> Control | None:
    if pointer.endswith(_LEVEL):
        pointer = pointer.rpartition("/")[0] + "/classification"
    while pointer:
        if pointer in by_pointer:
            return by_pointer[pointer]
        pointer = pointer.rpartition("/")[0]
    return None
