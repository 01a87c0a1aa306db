"""The console's own words: a catalogue per language and room, with plurals, numbers and order by locale.

A key that a language lacks is shown in English, one that nobody has in brackets; tests fail on both.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from babel import Locale
from babel.lists import format_list
from babel.numbers import format_decimal

from console.supply import Supply

LANGUAGES = ("en", "fr", "de", "pl", "ar")
FALLBACK = "en"
DIRECTORY = Path(__file__).parent / "languages"
CATEGORIES = frozenset({"zero", "one", "two", "few", "many", "other"})
LIVE = "live"
"""The table of a room's file whose sentences scripts need, too."""

Sentence = str | dict[str, str]
_HOLE = re.compile(r"\{([a-z_]+)\}")


def read_catalogue(language: str, directory: Path = DIRECTORY) -> dict[str, Sentence]:
    """Every sentence of a language by ``room.key``; a plural is a table by CLDR category."""
    found: dict[str, Sentence] = {}
    for path in sorted((directory / language).glob("*.toml")):
        _take(found, path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
    return found


def _take(found: dict[str, Sentence], prefix: str, table: Mapping[str, Any]) -> None:
    for key, value in table.items():
        name = f"{prefix}.{key}"
        if isinstance(value, str):
            found[name] = value
        elif "other" in value and set(value) <= CATEGORIES:
            found[name] = dict(value)
        else:
            _take(found, name, value)


class Wording:
    """One language: ``t(key, n=3, name="...")``."""

    def __init__(
        self, language: str, sentences: Mapping[str, Sentence], english: Mapping[str, Sentence]
    ) -> None:
        self.language = language
        self.locale = Locale.parse(language)
        self._sentences = sentences
        self._english = english

    @cached_property
    def direction(self) -> str:
        """``ltr`` or ``rtl``."""
        return self.locale.text_direction

    def t(self, key: str, **values: Any) -> str:
        """The sentence of a key, with ``{holes}`` filled; ``n`` chooses the plural and is set as a number."""
        sentence = self._sentences.get(key)
        wording: Wording = self
        if sentence is None:
            sentence = self._english.get(key)
            if sentence is None:
                return f"[{key}]"
            wording = _ENGLISH_RULES
        if isinstance(sentence, dict):
            sentence = sentence.get(
                wording.locale.plural_form(_counted(values.get("n", 0))), sentence["other"]
            )
        return _HOLE.sub(lambda hole: self._filled(hole, values), sentence)

    def has(self, key: str) -> bool:
        """Whether there is such a sentence, in this language or in English."""
        return key in self._sentences or key in self._english

    def known(self, key: str, otherwise: str) -> str:
        """The sentence of a key that is made from data (``message.kind.`` + kind), else ``otherwise``."""
        return self.t(key) if self.has(key) else otherwise

    def number(self, value: float | Decimal) -> str:
        """A number as this language writes it, in Latin digits."""
        return format_decimal(value, locale=self.locale)

    def fixed(self, value: float, decimals: int) -> str:
        """A number with just so many decimals."""
        return format_decimal(value, f"#,##0.{'0' * decimals}", locale=self.locale)

    def listed(self, words: Iterable[str]) -> str:
        """Words as a list in a sentence: ``a, b and c``."""
        return format_list(list(words), locale=self.locale)

    def live(self) -> dict[str, Sentence]:
        """What scripts need: every sentence under a table ``live``, English where one is missing."""
        return {
            key: self._sentences.get(key, sentence)
            for key, sentence in self._english.items()
            if key.split(".")[1] == LIVE
        }

    @cached_property
    def live_text(self) -> Supply:
        """The same as it is sent."""
        return Supply(json.dumps(self.live(), ensure_ascii=False).encode())

    def _filled(self, hole: re.Match[str], values: Mapping[str, Any]) -> str:
        value = values.get(hole[1])
        if value is None:
            return hole[0]
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return self.number(value)
        return str(value)


def _counted(value: Any) -> Any:
    return value if isinstance(value, int | float | Decimal) else 0


_ENGLISH_RULES = Wording(FALLBACK, {}, {})


class Wordings:
    """Every language of the console."""

    def __init__(self, directory: Path = DIRECTORY) -> None:
        english = read_catalogue(FALLBACK, directory)
        self._by_language = {
            language: Wording(
                language, english if language == FALLBACK else read_catalogue(language, directory), english
            )
            for language in LANGUAGES
        }

    def of(self, language: str) -> Wording:
        """A language; English for one that the console does not have."""
        return self._by_language.get(language, self._by_language[FALLBACK])

    def chosen(self, wanted: str, accept_language: str | None) -> Wording:
        """What the person chose, else the first that the browser asks for, else English."""
        if wanted in self._by_language:
            return self._by_language[wanted]
        for language in _asked_for(accept_language or ""):
            if language in self._by_language:
                return self._by_language[language]
        return self._by_language[FALLBACK]


def _asked_for(header: str) -> list[str]:
    """Languages of an Accept-Language header, the most wanted first; what is odd in it is passed over."""
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:512].split(",")):
        name, _, parameter = part.partition(";")
        quality = parameter.strip().removeprefix("q=") if parameter.strip() else "1"
        try:
            weight = float(quality)
        except ValueError:
            continue
        if weight > 0:
            weighed.append((-weight, place, name.strip().partition("-")[0].lower()))
    return [language for _, _, language in sorted(weighed)]
