"""What a drill needs of the realm it plays in, beside the gateways' HTTP APIs."""

from dataclasses import dataclass
from typing import Protocol


class Machinery(Protocol):
    """Port: the processes of the realm, taken away and brought back (processes, not nations)."""

    async def take_away(self, nation: str) -> None:
        """Stop the gateway in order."""

    async def bring_back(self, nation: str) -> None:
        """Start it again; returns when it is ready."""

    async def broker_away(self) -> None:
        """Stop the broker in order."""

    async def broker_back(self) -> None:
        """Start it again, with all it kept."""


@dataclass(frozen=True)
class SignedDocuments:
    """Documents of the realm as the body of `POST /v1/trust`, and the number of their snapshot."""

    body: bytes
    trust_version: int


class RealmOffice(Protocol):
    """Port: the holders of the realm's offline keys."""

    async def accede(self, community: str, nation: str) -> SignedDocuments:
        """Sign the next version of a community, in which the nation is a member from now on."""
