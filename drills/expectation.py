"""What must come of an inject. It never reaches a gateway: it stays in the scenario and the report."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from drills.alarms import AlarmName, Within
from drills.backfills import Fates
from drills.life_expectation import Gets, LifeExpectation, State
from drills.life_injects import Serial
from schemas.base import Nation, ShortText, TitleText, unique
from schemas.event import EventType
from schemas.reasons import ReasonCode

RECOGNISED = "recognised"
"""What a replay is at a gateway that has the message."""

NOT_MEANT = "not meant for it"
"""How a sentence ends on what stands in an inbox that it must never have reached."""


class AgreementState(StrEnum):
    """What an agreement is at a party's gateway, as `GET /v1/agreements` says it."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    LEFT = "left"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


ARRIVED = (State.DELIVERED, State.READ, State.ACKNOWLEDGED, State.ACTIONED)
ACKNOWLEDGED = (State.ACKNOWLEDGED, State.ACTIONED)
SETTLED = (*ARRIVED, State.REFUSED, State.WITHHELD)


class Expectation(LifeExpectation):
    """What must come of one inject; what of the message that it is about is in LifeExpectation.

    ``must_have``: these nations get the message, and their signed receipts come back. ``must_never``: these
    do not, each for the stated reason; ``others``: nor does any nation not named, for this one.
    ``withheld``: decided for them at first, but not sent, for the reason that came in between.
    ``display_only``: it arrives there for people to look at, and the nation's own system never sees it.
    ``acknowledged_by``: a person there acknowledges.

    ``decisions``: the code of the originator's decision for a nation. ``states``: how far its copy comes.
    ``marking``: the banner that every nation that has the message sees; ``markings``: that one nation sees.
    ``versions``: which version of a draft with tear lines a nation gets, from 0. ``equivalent``: how its
    classification reads in a nation's own policy. ``shares``: what nations get of a change. ``posted``: the
    types of event that a webhook is posted, each at least once.

    ``after``: at these nations it stands in the inbox after the messages of these injects, as their order is.
    ``listed``: what the list of a backfill says of each earlier inject's message, and of no other.

    ``refused``: the attempt, or the draft that is previewed, is refused with this code.
    ``says``: words that the answer explains itself with. ``stopped_by_broker``: the broker does not take the
    hostile act. ``rejected``: the target's gateway refuses it with this code; ``recognised``:
    it knows it already, and files nothing. ``agreement``: the state of
    the agreement at each of these nations' gateways, once the inject is known there.

    ``alarms``: these sound at a nation's gateway between the beginning of the inject and the end of judging.
    ``quiet``: no alarm sounds anywhere until the next inject. ``recovered_within``: what the fault holds up
    has arrived so soon after its end, by the clock.

    Nobody but ``must_have`` and ``display_only`` may get anything: that holds for every inject, also
    without being written.
    """

    inject: Serial
    must_have: Annotated[tuple[Nation, ...], Field(max_length=300), AfterValidator(unique)] = ()
    must_never: dict[Nation, ReasonCode] = Field(default_factory=dict)
    others: ReasonCode | None = None
    withheld: dict[Nation, ReasonCode] = Field(default_factory=dict)
    display_only: Annotated[tuple[Nation, ...], Field(max_length=300), AfterValidator(unique)] = ()
    acknowledged_by: Annotated[tuple[Nation, ...], Field(max_length=300), AfterValidator(unique)] = ()
    decisions: dict[Nation, ReasonCode] = Field(default_factory=dict)
    states: dict[Nation, State] = Field(default_factory=dict)
    marking: ShortText | None = None
    markings: dict[Nation, ShortText] = Field(default_factory=dict)
    versions: dict[Nation, int] = Field(default_factory=dict)
    equivalent: dict[Nation, ShortText] = Field(default_factory=dict)
    shares: dict[Nation, Gets] = Field(default_factory=dict)
    posted: Annotated[tuple[EventType, ...], Field(max_length=50), AfterValidator(unique)] = ()
    after: dict[Nation, Annotated[tuple[Serial, ...], Field(max_length=100)]] = Field(default_factory=dict)
    listed: dict[Serial, Fates] = Field(default_factory=dict)
    refused: ReasonCode | None = None
    says: Annotated[tuple[TitleText, ...], Field(max_length=20)] = ()
    stopped_by_broker: bool = False
    rejected: ReasonCode | None = None
    recognised: bool = False
    alarms: dict[Nation, Annotated[tuple[AlarmName, ...], Field(min_length=1, max_length=20)]] = Field(
        default_factory=dict
    )
    quiet: bool = False
    recovered_within: Within | None = None
    agreement: dict[Nation, AgreementState] = Field(default_factory=dict)

    @property
    def stopped_by(self) -> str:
        """What must stop a hostile act; empty where none is judged."""
        if self.stopped_by_broker:
            return "the broker"
        return RECOGNISED if self.recognised else self.rejected.value if self.rejected is not None else ""

    @property
    def named(self) -> set[str]:
        """The nations of whose copy it says what must come of it."""
        return {*self.must_have, *self.must_never, *self.withheld, *self.display_only}

    @property
    def recipients(self) -> set[str]:
        """The nations that the originator decides to send it to."""
        return {*self.must_have, *self.withheld, *self.display_only}

    def code_for(self, nation: str) -> ReasonCode | None:
        """The code with which a nation must be denied; None when none is asked for."""
        if nation in self.recipients:
            return None
        return self.must_never.get(nation, self.others)
