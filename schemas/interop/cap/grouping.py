"""Info blocks of one alert, put together again: one group per thing said, in as many languages as it is said.

CAP repeats a block per language, and also per area, time or severity. Blocks with the same assessment and
times are one group. Where such blocks stand more than once in a language with different words, they are
paired off in order if every language has as many, and each stands alone if not: a wrong pairing would put one
block's words beside another's.
"""

from dataclasses import dataclass
from typing import TypeVar

from schemas.area import Area, LocalText
from schemas.interop.cap.alert import CapInfo
from schemas.interop.cap.outcome import CapWarningCode, Warnings
from schemas.threat_alert import AlertText

T = TypeVar("T")


@dataclass(frozen=True)
class Group:
    """Blocks that say the same thing; the first one's language leads. ``texts`` has one text per language."""

    infos: tuple[CapInfo, ...]
    texts: tuple[AlertText, ...]
    areas: tuple[Area, ...]

    @property
    def first(self) -> CapInfo:
        """The block that leads: it gives assessment and times, which all blocks of a group share."""
        return self.infos[0]


def merged(parts: list[tuple[T, ...]]) -> tuple[T, ...]:
    """All values of all blocks, each once, in order."""
    return tuple(dict.fromkeys(value for part in parts for value in part))


def group(infos: tuple[CapInfo, ...], warnings: Warnings) -> tuple[Group, ...]:
    """The groups, in the order of their first blocks."""
    alike: dict[object, list[CapInfo]] = {}
    for info in infos:
        key = (
            frozenset(info.categories),
            frozenset(info.response_types),
            (info.urgency, info.severity, info.certainty),
            (info.effective, info.onset, info.expires),
        )
        alike.setdefault(key, []).append(info)
    return tuple(part for members in alike.values() for part in _by_words(members, warnings))


def _by_words(members: list[CapInfo], warnings: Warnings) -> list[Group]:
    words: dict[str, dict[AlertText, list[CapInfo]]] = {}
    for info in members:
        said = words.setdefault(info.text.language, {})
        if info.text in said:
            warnings.add(
                CapWarningCode.INFO_REPEATED,
                info.path,
                info.line,
                "the block repeats another's words; their areas were put together",
            )
        said.setdefault(info.text, []).append(info)
    columns = [list(said.values()) for said in words.values()]
    if len({len(column) for column in columns}) == 1:
        return [_group([info for same in row for info in same]) for row in zip(*columns, strict=True)]
    return [_group(same) for column in columns for same in column]


def _group(infos: list[CapInfo]) -> Group:
    return Group(
        infos=tuple(infos),
        texts=merged([(info.text,) for info in infos]),
        areas=_areas(infos),
    )


def _areas(infos: list[CapInfo]) -> tuple[Area, ...]:
    """Areas that are the same place in several languages become one, with translations of its description."""
    found: list[Area] = []
    at_place: dict[object, list[int]] = {}
    for area in dict.fromkeys(area for info in infos for area in info.areas):
        indices = at_place.setdefault(_place(area), [])
        for index in indices:
            known = found[index]
            if area.language is not None and _is_placed(area) and not _speaks(known, area.language):
                translation = LocalText(language=area.language, text=area.description)
                found[index] = known.model_copy(update={"translations": (*known.translations, translation)})
                break
        else:
            indices.append(len(found))
            found.append(area)
    return tuple(found)


def _place(area: Area) -> tuple[object, ...]:
    return (
        area.geometry,
        frozenset(area.circles),
        frozenset(area.geocodes),
        area.altitude_m,
        area.ceiling_m,
    )


def _is_placed(area: Area) -> bool:
    return area.geometry is not None or bool(area.circles) or bool(area.geocodes)


def _speaks(area: Area, language: str) -> bool:
    return language in (area.language, *(text.language for text in area.translations))
