"""A proposal out of the form's fields, and the gateway's faults back to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.forms.moments import read_moment, show_moment
from schemas.header import Kind, Mode

KINDS = tuple(kind.value for kind in Kind)
MODES = tuple(mode.value for mode in Mode)
CEILING = "highest."
"""A field of this name and a policy's id holds the highest level of that policy."""


@dataclass(frozen=True)
class Proposal:
    """The form as it was filled in."""

    id: str = ""
    title: str = ""
    version: str = "1"
    parties: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    highest: tuple[tuple[str, str], ...] = ()
    categories: str = ""
    not_before: str = ""
    not_after: str = ""

    @classmethod
    def of(cls, form: Sequence[tuple[str, str]]) -> "Proposal":
        """Out of a form's pairs."""
        one = {name: value.strip() for name, value in form}

        def several(name: str) -> tuple[str, ...]:
            return tuple(dict.fromkeys(value for given, value in form if given == name and value))

        highest = tuple(
            (name.removeprefix(CEILING), value)
            for name, value in one.items()
            if name.startswith(CEILING) and value
        )
        plain = ("id", "title", "version", "categories", "not_before", "not_after")
        return cls(
            parties=several("parties"),
            kinds=several("kinds"),
            modes=several("modes"),
            highest=highest,
            **{name: one.get(name, "") for name in plain},
        )

    @classmethod
    def next_of(cls, agreement: Mapping[str, Any]) -> "Proposal":
        """The next version of an agreement, its terms as they are."""
        return cls(
            id=str(agreement["id"]),
            title=str(agreement["title"]),
            version=str(int(agreement["version"]) + 1),
            parties=tuple(each["nation"] for each in agreement["parties"]),
            kinds=tuple(agreement["kinds"]),
            modes=tuple(agreement["modes"]),
            highest=tuple((each["policy"], each["classification"]) for each in agreement["highest"]),
            categories="\n".join(agreement["categories"]),
            not_before=show_moment(agreement["not_before"]),
            not_after=show_moment(agreement["not_after"]),
        )

    def faults(self, nation: str) -> dict[str, str]:
        """What is plainly missing, by field: a key of ``agreements.fault``. The gateway judges the rest."""
        found = {
            name: "missing"
            for name in ("id", "title", "kinds", "modes", "highest")
            if not getattr(self, name)
        }
        if not set(self.parties) - {nation}:
            found["parties"] = "parties"
        if not self.version.isascii() or not self.version.isdigit():
            found["version"] = "number"
        for name in ("not_before", "not_after"):
            if read_moment(getattr(self, name)) is None:
                found[name] = "time"
        return found

    def draft(self, nation: str) -> dict[str, Any]:
        """The body for ``POST /v1/agreements``; only without ``faults``."""
        return {
            "id": self.id,
            "version": int(self.version),
            "title": self.title,
            "parties": sorted({nation, *self.parties}),
            "kinds": list(self.kinds),
            "modes": list(self.modes),
            "highest": [{"policy": policy, "classification": level} for policy, level in self.highest],
            "categories": [line.strip() for line in self.categories.splitlines() if line.strip()],
            "not_before": read_moment(self.not_before),
            "not_after": read_moment(self.not_after),
        }


FIELD_OF_CODE = {
    "AGREEMENT_VERSION_TAKEN": "version",
    "NATION_UNKNOWN": "parties",
    "AGREEMENT_NOT_PARTY": "parties",
    "CLASSIFICATION_UNKNOWN": "highest",
    "TIME_INVALID": "not_after",
}


def field_of(pointer: str | None, code: str) -> str | None:
    """The form's field that a fault of the gateway is about; None when it is about all of it."""
    first = (pointer or "").removeprefix("/").partition("/")[0]
    return first if first in Proposal.__dataclass_fields__ else FIELD_OF_CODE.get(code)
