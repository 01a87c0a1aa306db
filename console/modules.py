"""What ES modules import: a page names all, so that no browser has to read one to learn of the next."""

import posixpath
import re
from collections.abc import Callable

_IMPORT = re.compile(r"""^(?:import|export)\b(?:[^"';]*?\bfrom)?\s*["'](\.[^"']+)["']""", re.M)


def imports(name: str, text: str) -> list[str]:
    """The modules that one imports, by their paths."""
    beside = posixpath.dirname(name)
    return [posixpath.normpath(posixpath.join(beside, each)) for each in _IMPORT.findall(text)]


def chain(entry: str, read: Callable[[str], str]) -> tuple[str, ...]:
    """A module and all that it imports, at first and second hand: each once, those nearest first."""
    found = [entry]
    for name in found:  # which grows as it is walked
        found += [each for each in dict.fromkeys(imports(name, read(name))) if each not in found]
    return tuple(found)
