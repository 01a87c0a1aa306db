"""Hostile acts of a scenario: what is done beside the honest ways, by whom, in whose name, against whom."""

from enum import StrEnum
from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from drills.injects import DraftTemplate
from drills.life_injects import Serial
from schemas.base import Nation, Statement
from schemas.header import Mode


class HostileAct(StrEnum):
    """What hostile actors do beside the HTTP APIs, with a nation's stolen or misused credentials."""

    PUBLISH_AS_OTHER = "PUBLISH_AS_OTHER"
    """Publish a bundle on the victim's subject with one's own broker credentials."""
    READ_OTHERS_MAIL = "READ_OTHERS_MAIL"
    """Read the victim's mailbox with one's own broker credentials."""
    FORGE_ORIGINATOR = "FORGE_ORIGINATOR"
    """Say in the seal header that the bundle comes from the victim, but send it on one's own subject."""
    FORGE_SIGNATURE = "FORGE_SIGNATURE"
    """Pass off a message of one's own making as the victim's, signed with one's own key."""
    FORWARD_AS_OWN = "FORWARD_AS_OWN"
    """Forward a received message to a nation it is not released to, in a delivery of one's own."""
    RESEAL_FOR_THIRD = "RESEAL_FOR_THIRD"
    """Open one's own copy and seal the very same signed frame for a nation it is not released to."""
    FORGE_COUNTERSIGNATURE = "FORGE_COUNTERSIGNATURE"
    """Countersign in the victim's name: its key is named, but one's own has signed."""
    COUNTERSIGN_WITH_OWN_KEY = "COUNTERSIGN_WITH_OWN_KEY"
    """Countersign in the victim's name with one's own key, named as what it is."""
    COUNTERSIGN_WITH_NEW_KEY = "COUNTERSIGN_WITH_NEW_KEY"
    """Countersign in the victim's name with a key that nobody has seen before."""
    REPLAY = "REPLAY"
    """Publish the victim's very bundle once more on its lane, copied at the hub, with its credentials."""
    TAMPER_HEADER = "TAMPER_HEADER"
    """The same with an octet of the seal header flipped, one that contradicts nothing else."""
    TAMPER_CIPHERTEXT = "TAMPER_CIPHERTEXT"
    """The same with an octet of the ciphertext flipped."""
    FLOOD = "FLOOD"
    """A burst of garbage on one's own lane, with one's own credentials."""
    LEAK = "LEAK"
    """Ask the victim's gateway, and one's own, over HTTP for a message of the victim's by its ids."""
    REPLAY_AGREEMENT = "REPLAY_AGREEMENT"
    """Send an older version's papers once more, and one's own message as if that version were in force."""


NEED_INJECT = frozenset(
    {
        HostileAct.FORGE_ORIGINATOR,
        HostileAct.FORGE_SIGNATURE,
        HostileAct.FORWARD_AS_OWN,
        HostileAct.REPLAY,
        HostileAct.TAMPER_HEADER,
        HostileAct.TAMPER_CIPHERTEXT,
        HostileAct.LEAK,
        HostileAct.REPLAY_AGREEMENT,
    }
)
COPIED = frozenset({HostileAct.REPLAY, HostileAct.TAMPER_HEADER, HostileAct.TAMPER_CIPHERTEXT})
"""What is done with a bundle of the victim's, and with its credentials."""
NEED_AGREEMENT = frozenset(
    {
        HostileAct.FORGE_COUNTERSIGNATURE,
        HostileAct.COUNTERSIGN_WITH_OWN_KEY,
        HostileAct.COUNTERSIGN_WITH_NEW_KEY,
        HostileAct.REPLAY_AGREEMENT,
    }
)
"""Judged as soon as they are played, since agreements change."""


class Hostile(Statement):
    """A hostile act by the inject's nation, in the name or with a message of ``victim``, aimed at ``target``.

    ``inject`` names the message that FORWARD_AS_OWN, the forgeries and REPLAY_AGREEMENT carry, ``agreement``
    the inject that proposed the agreement in question. RESEAL_FOR_THIRD needs the sealed bytes themselves:
    ``draft`` is what the victim publishes while the hostile nation's gateway is away and its credentials
    fetch the bundle instead. ``mode`` is where the forged bundle travels.
    """

    act: HostileAct
    victim: Nation
    target: Nation
    mode: Mode = Mode.EXERCISE
    inject: Serial | None = None
    agreement: Serial | None = None
    draft: DraftTemplate | None = None

    def lane_of(self, nation: str) -> str:
        """On whose lane it comes, when this nation does it."""
        return self.victim if self.act in COPIED else nation

    @model_validator(mode="after")
    def _material(self) -> Self:
        needs_draft = self.act is HostileAct.RESEAL_FOR_THIRD
        needs_inject = self.act in NEED_INJECT
        if needs_draft != (self.draft is not None) or needs_inject != (self.inject is not None):
            raise PydanticCustomError(
                "hostile", "RESEAL_FOR_THIRD needs draft; forging, forwarding, copying and leaking inject"
            )
        if (self.act in NEED_AGREEMENT) != (self.agreement is not None):
            raise PydanticCustomError("hostile", "acts on agreements need agreement, and only they")
        return self
