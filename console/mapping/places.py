"""Where nations are drawn on the map. A nation without a stated place is in the list alone.

The file is TOML: ``XAA = { longitude = 17.0, latitude = 67.6 }``, in degrees. It says where a symbol stands,
nothing about whose ground that is.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from schemas.base import Nation

OURS = Path(__file__).parent / "places.toml"


class Place(BaseModel):
    """Degrees, WGS 84."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    longitude: Annotated[float, Field(ge=-180, le=180)]
    latitude: Annotated[float, Field(ge=-85, le=85)]


_PLACES = TypeAdapter(dict[Nation, Place])


@cache
def read_places(path: Path | None = None) -> Mapping[str, Place]:
    """The places of the file; what it does not name stands where ours says. Raises OSError and ValueError."""
    ours = _read(OURS)
    return ours if path is None else {**ours, **_read(path)}


def _read(path: Path) -> dict[str, Place]:
    return _PLACES.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
