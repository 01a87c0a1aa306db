"""Markings on a page: bands at head and foot, tags in lists, and the palette that colours both."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

LEVELS = 4
"""Classes of colour: 0 unclassified, 1 restricted, 2 confidential, 3 secret and above."""

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r'^[^"\\\x00-\x1f<>]+$')]

_WORDS = (("UNCLASSIFIED", 0), ("UNMARKED", 0), ("RESTRICTED", 1), ("CONFIDENTIAL", 2), ("SECRET", 3))

_RELEASE = re.compile(
    r"(?<=[A-Z])(?: [A-Z]+(?:, [A-Z]+)* Only|(?: Releasable to|(?: |//)REL TO) [A-Z]+(?:, [A-Z]+)*)\Z"
)
"""The nations and groups at the end of a marking; no word of a classification or category before them."""

MOST_TEXTS = 4
"""So many different markings stand side by side in a band."""


@dataclass(frozen=True)
class Marking:
    """What a band says. ``text`` is the marking as its policy writes it, release and all, never shortened."""

    text: str
    level: int = 0
    policy: str = ""
    classification: str = ""
    mode: str = ""
    """EXERCISE or TEST; empty for an operation, and where nothing or not one thing is said."""
    differs: bool = False
    """Whether it stands for several that may go to different nations."""

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "Marking":
        """Out of a traffic row, or anything with its members."""
        policy, classification = str(found.get("policy") or ""), str(found.get("classification") or "")
        level = found.get("level")
        known = int(level) if level is not None else level_of(classification)
        text = str(found.get("text") or found.get("marking") or classification)
        mode = str(found.get("mode") or "")
        return cls(text, clamped(known), policy, classification, "" if mode == "OPERATION" else mode)


def clamped(level: int) -> int:
    """A level that the palette has: what is higher than it knows looks like the highest."""
    return max(0, min(LEVELS - 1, level))


def level_of(classification: str) -> int:
    """The colour class of a classification by its word; the highest for one that has none of ours."""
    words = classification.upper().replace("-", " ").split()
    found = [level for word, level in _WORDS if word in words]
    return max(found) if found else LEVELS - 1


def highest(markings: Iterable[Marking]) -> Marking | None:
    """The marking of a page that shows all of these: the highest one; None for nothing.

    Where several are as high, and are not the same, their words stand side by side, so that none is hidden.
    Where any differ in the nations at their end, these are left out, and it is said that they differ: no one
    list would be true of all.
    """
    found = list(markings)
    if not found:
        return None
    top = max(marking.level for marking in found)
    at_top = [marking for marking in found if marking.level == top]
    differs = len({released(marking.text) for marking in found}) > 1 or any(each.differs for each in found)
    texts = dict.fromkeys(
        marking.text.removesuffix(released(marking.text)) if differs else marking.text for marking in at_top
    )
    if len(texts) > MOST_TEXTS:
        texts = dict.fromkeys(marking.classification or marking.text for marking in at_top)
    modes = {marking.mode for marking in found}
    first = at_top[0]
    return Marking(
        " / ".join(texts),
        top,
        first.policy if len(texts) == 1 else "",
        first.classification if len(texts) == 1 else "",
        modes.pop() if len(modes) == 1 else "",
        differs,
    )


def released(text: str) -> str:
    """The end of a marking that says to whom it may go, as it stands there; empty where none is found."""
    found = _RELEASE.search(text)
    return found[0] if found else ""


class Colours(BaseModel):
    """How one classification of one policy looks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    policy: Word
    classification: Word
    band: Colour
    band_text: Colour = "#ffffff"
    tag: Colour


class Palette(BaseModel):
    """A palette file. Without one the four classes of colour of ``tokens.css`` hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: tuple[Colours, ...] = ()

    @classmethod
    def read(cls, path: Path | None) -> "Palette":
        """Out of a TOML file with ``[[label]]`` tables; the built-in palette when there is none."""
        if path is None:
            return cls()
        return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))

    def css(self) -> str:
        """A style sheet with this palette's colours, over those of the classes."""
        rules = []
        for each in self.label:
            mark = f'[data-policy="{each.policy}"][data-classification="{each.classification}"]'
            rules.append(
                f"{mark} {{ --label-band: {each.band}; --label-on-band: {each.band_text}; "
                f"--label-tag: {each.tag}; }}"
            )
        return "\n".join(rules) + "\n"
