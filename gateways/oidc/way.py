"""The way to the provider and back, as a console sees it."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and what it keeps meanwhile."""

    authorization_url: str = field(repr=False)
    transaction: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True)
class WayBack:
    """What the provider sent back by way of the browser, and the transaction that the browser kept."""

    transaction: str = field(repr=False)
    state: str = field(repr=False)
    code: str = field(repr=False)
    issuer: str | None
