"""A draft without the rows that nobody filled in, and where each thing of it stood before."""

from collections.abc import Callable
from typing import Any

Where = Callable[[str], str]
"""From a JSON pointer into what was handed in to the one into what was typed."""


def pruned(draft: Any) -> tuple[Any, Where]:
    """The draft without empty rows of lists, and the way back for the pointers of its faults."""
    moved: dict[str, str] = {}
    value = _pruned(draft, "", "", moved)

    def where(pointer: str) -> str:
        parts = pointer.split("/")
        for length in range(len(parts), 0, -1):
            head = "/".join(parts[:length])
            if head in moved:
                return "/".join((moved[head], *parts[length:]))
        return pointer

    return value, where


def _pruned(value: Any, old: str, new: str, moved: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: _pruned(each, f"{old}/{key}", f"{new}/{key}", moved)
            for key, each in value.items()
            if not isinstance(each, list) or not each or any(not _empty(item) for item in each)
        }
    if isinstance(value, list):
        kept: list[Any] = []
        for place, each in enumerate(value):
            if _empty(each):
                continue
            before, after = f"{old}/{place}", f"{new}/{len(kept)}"
            moved[after] = before
            kept.append(_pruned(each, before, after, moved))
        return kept
    return value


def _empty(value: Any) -> bool:
    """Whether nothing was filled in, however deep."""
    if isinstance(value, dict):
        return all(_empty(each) for each in value.values())
    if isinstance(value, list):
        return all(_empty(each) for each in value)
    return isinstance(value, str) and not value
