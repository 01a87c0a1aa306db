"""Areas of the world: words, a geometry, circles, geocodes and heights (the elements of CAP 1.2 ``area``)."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import LanguageTag, ParagraphText, ProseText, Statement, TitleText, unique
from schemas.geojson import Geometry, Latitude, Longitude


class LocalText(Statement):
    """Text with the BCP 47 tag of its language."""

    language: LanguageTag
    text: ProseText


def one_per_language(texts: tuple[LocalText, ...]) -> tuple[LocalText, ...]:
    """A validator: two texts in one language would leave open which is meant."""
    unique(tuple(text.language.lower() for text in texts))
    return texts


LocalTexts = Annotated[tuple[LocalText, ...], Field(max_length=40), AfterValidator(one_per_language)]


class NamedValue(Statement):
    """A value of a named code list or parameter; the value may be empty, as in real alerts."""

    name: TitleText
    value: Literal[""] | ProseText


class Circle(Statement):
    """A centre (WGS 84, degrees) and a radius in metres; radius 0 is the point itself."""

    longitude: Longitude
    latitude: Latitude
    radius_m: Annotated[float, Field(ge=0, le=20_040_000, allow_inf_nan=False)]


HeightM = Annotated[float, Field(ge=-12_000, le=100_000_000, allow_inf_nan=False)]
"""Metres above mean sea level."""


class Area(Statement):
    """One area. Everything given describes the same area together (their union); the words alone may do.

    ``description`` is in ``language``, or in the message's language where that is absent; ``translations``
    say the same in others. ``altitude_m`` alone is a height, with ``ceiling_m`` the lower limit of a range.
    """

    description: ParagraphText
    language: LanguageTag | None = None
    translations: LocalTexts = ()
    geometry: Geometry | None = None
    circles: Annotated[tuple[Circle, ...], Field(max_length=200), AfterValidator(unique)] = ()
    geocodes: Annotated[tuple[NamedValue, ...], Field(max_length=2000), AfterValidator(unique)] = ()
    altitude_m: HeightM | None = None
    ceiling_m: HeightM | None = None

    @model_validator(mode="after")
    def _heights(self) -> Self:
        if self.ceiling_m is not None and self.altitude_m is None:
            raise PydanticCustomError("area_ceiling", "ceiling_m goes only with altitude_m")
        if self.ceiling_m is not None and self.altitude_m is not None and self.ceiling_m < self.altitude_m:
            raise PydanticCustomError("area_ceiling", "ceiling_m is below altitude_m")
        return self


Areas = Annotated[tuple[Area, ...], Field(max_length=200)]
