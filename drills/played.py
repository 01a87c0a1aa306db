"""What was played, as plain data for whoever judges it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from drills.acting import Act
from drills.backfills import Backfill, BackfillRow
from drills.course import Outage
from drills.hostile import HostileResult
from drills.inject import Inject
from drills.partner_system import Answer
from drills.placeholders import PlayedMessage
from drills.seen import Seen
from drills.webhook_receiver import WebhookReceiver


class DrillError(Exception):
    """The drill cannot go on: not an expectation that failed, but the play itself."""


@dataclass(frozen=True)
class Sent:
    """A message that a gateway accepted. ``copy_of``: the inject whose message a backfill sent anew."""

    inject: Inject | Act
    originator: str
    draft: Mapping[str, Any]
    answer: Mapping[str, Any]
    sent_at: float
    copy_of: str = ""

    @property
    def message(self) -> PlayedMessage:
        """Its identity on the bus; with tear lines, that of the fullest version that anybody gets."""
        return PlayedMessage(self.answer["message_id"], self.originator, self.answer["digest"])

    def message_of(self, nation: str) -> PlayedMessage:
        """The message that a nation gets of it, or for one that gets none, ``message``."""
        for version in self.answer.get("messages", ()):
            if nation in version["recipients"]:
                return PlayedMessage(version["message_id"], self.originator, version["digest"])
        return self.message


@dataclass(frozen=True)
class Tried:
    """Something that had to fail, and what became of it.

    ``codes``: what the target's gateway refused the hostile nation's papers for; None when a bundle of its
    own was to be refused, which is looked up in the end.
    """

    inject: Inject
    answer: Answer | None = None
    hostile: HostileResult | None = None
    subject: str | None = None
    codes: tuple[str, ...] | None = None
    states: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Acted:
    """What became of an actor's act. ``waited``: exercise time that the dice gave it after its message came.

    ``at``, and ``moment`` in exercise time: when it was done; None when it never was. ``code``: with which
    its nation's gateway refused it.
    """

    act: Act
    waited: timedelta
    at: datetime | None = None
    moment: timedelta | None = None
    code: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Proposed:
    """An agreement that was proposed in the play."""

    id: str
    version: int
    digest: str
    parties: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """A step in an agreement's life, as each party's gateway showed it."""

    inject: Inject
    what: str
    agreement: Proposed
    states: Mapping[str, str]
    took: float | None


@dataclass(frozen=True)
class Happened:
    """Something that happened to the realm or its machinery; ``missing``: who did not hear of it."""

    inject: Inject
    what: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class ListRead:
    """The list of a backfill, as it was read before it was sent."""

    inject: Inject
    wanted: Backfill
    rows: tuple[BackfillRow, ...]


@dataclass(frozen=True)
class Life:
    """An inject on the life of a message: which inject's message, and what gateways showed of it then."""

    inject: Inject
    about: str
    seen: Seen


@dataclass(frozen=True)
class Hooked:
    """A webhook of a nation's own system, from the event with this number on."""

    inject: Inject
    receiver: WebhookReceiver
    after: int
    types: tuple[str, ...]


@dataclass
class Played:
    """Everything that was played, by serial. ``copies``: what new members got by backfills, by nation.

    ``moments``: when each inject began in exercise time, where there is a speed.
    """

    sent: dict[str, Sent] = field(default_factory=dict)
    tried: dict[str, Tried] = field(default_factory=dict)
    previewed: dict[str, tuple[Inject, str, Answer]] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    happened: dict[str, Happened] = field(default_factory=dict)
    lists: dict[str, ListRead] = field(default_factory=dict)
    copies: dict[str, dict[str, PlayedMessage]] = field(default_factory=dict)
    hooked: dict[str, Hooked] = field(default_factory=dict)
    lives: dict[str, Life] = field(default_factory=dict)
    acted: dict[str, Acted] = field(default_factory=dict)
    began: dict[str, datetime] = field(default_factory=dict)
    moments: dict[str, timedelta] = field(default_factory=dict)
    outages: list[Outage] = field(default_factory=list)

    def messages_of(self, nation: str) -> dict[str, PlayedMessage]:
        """The messages by serial as a nation has them."""
        sent = {serial: sent.message_of(nation) for serial, sent in self.sent.items()}
        return sent | self.copies.get(nation, {})
