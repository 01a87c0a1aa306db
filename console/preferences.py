"""What a person chose for themselves at this browser: in one cookie, for the console keeps nothing."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from console.times import zones

DENSITIES = ("normal", "compact", "roomy")
LARGEST = 512


@dataclass(frozen=True)
class Preferences:
    """Language (empty: what the browser asks for), time zone, density of rows, sound, single keys."""

    language: str = ""
    zone: str = "UTC"
    density: str = "normal"
    sound: bool = False
    keys: bool = True

    @classmethod
    def read(cls, cookie: str | None) -> "Preferences":
        """Out of a cookie; what is not understood counts as not chosen."""
        if not cookie or len(cookie) > LARGEST:
            return cls()
        return cls().chosen(dict(parse_qsl(cookie)))

    def chosen(self, given: Mapping[str, str]) -> "Preferences":
        """These with the values of a form that are good; the others stay as they are."""
        good: dict[str, Any] = {}
        if _language(given.get("language")):
            good["language"] = given["language"]
        if given.get("zone") in _ZONES:
            good["zone"] = given["zone"]
        if given.get("density") in DENSITIES:
            good["density"] = given["density"]
        for name in ("sound", "keys"):
            if given.get(name) in ("on", "off"):
                good[name] = given[name] == "on"
        return replace(self, **good)

    def written(self) -> str:
        """For the cookie."""
        words = {True: "on", False: "off"}
        return urlencode({name: words.get(value, value) for name, value in asdict(self).items()})


def _language(value: str | None) -> bool:
    return value is not None and (value == "" or (value.isascii() and value.isalpha() and len(value) <= 3))


_ZONES = frozenset(zones())
