"""What a drill needs of the realm it plays in, beside the gateways' HTTP APIs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from drills.injects import Fault


class Machinery(Protocol):
    """Port: the processes of the realm and the links between them (processes, not nations)."""

    async def bring_about(self, fault: Fault, nation: str) -> None:
        """Let this happen to the nation's gateway or link, or to the broker; returns when it is so.

        What is brought back is ready, and has all that it kept. DrillError when it cannot be done.
        """

    async def set_clock(self, nation: str, ahead: timedelta) -> None:
        """Let the clock of the nation's gateway be so far ahead, while it runs. DrillError as above."""


@dataclass(frozen=True)
class SignedDocuments:
    """Documents of the realm as the body of `POST /v1/trust`, and the number of their snapshot."""

    body: bytes
    trust_version: int


class RealmOffice(Protocol):
    """Port: the holders of the realm's offline keys."""

    async def accede(self, community: str, nation: str) -> SignedDocuments:
        """Sign the next version of a community, in which the nation is a member from now on."""

    async def secede(self, community: str, nation: str) -> SignedDocuments:
        """Sign the next version of a community, in which the nation is a member no more."""
