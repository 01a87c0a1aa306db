"""The gateway leaves out what is absent; templates name it all the same and find None."""

from typing import Any


class Lenient(dict[str, Any]):
    """A JSON object whose members that are not there read as None."""

    def __missing__(self, name: str) -> None:
        return None


def lenient(found: Any) -> Any:
    """A parsed answer with every object in it lenient."""
    if isinstance(found, dict):
        return Lenient({name: lenient(value) for name, value in found.items()})
    return [lenient(each) for each in found] if isinstance(found, list) else found
