"""What injects are made of: drafts, and the kinds of things that are done with a gateway or past it."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from drills.backfills import Backfill
from drills.life_injects import RequestStep, Serial
from schemas.acknowledgement import AcknowledgementLevel, AcknowledgementOutcome
from schemas.agreement import ActKind
from schemas.base import CommunityName, Nation, ParagraphText, Statement, TitleText
from schemas.header import Relation
from schemas.tear_line import MAX_TEAR_LINES


class InjectReference(Statement):
    """An earlier inject's message, and what this one is to it."""

    inject: Serial
    relation: Relation


class TearLineTemplate(Statement):
    """A further version of a draft for a wider audience; `{now...}` serves as in the draft itself."""

    label: dict[str, Any]
    subject: TitleText
    body: dict[str, Any]


class DraftTemplate(Statement):
    """A draft as a partner system would send it.

    Any text of it may be `{now}`, `{now+45d}`, `{now-20m}` (days, hours, minutes, seconds), counted from when
    the inject is played. `references` name earlier injects; their ids and digests are filled in. ``like``
    takes an earlier inject's draft and puts these members of header, label and body in the place of its own;
    null takes one out.
    """

    like: Serial | None = None
    header: dict[str, Any] = Field(default_factory=dict)
    label: dict[str, Any] = Field(default_factory=dict)
    body: dict[str, Any] = Field(default_factory=dict)
    tear_lines: Annotated[tuple[TearLineTemplate, ...], Field(max_length=MAX_TEAR_LINES)] | None = None
    references: Annotated[tuple[InjectReference, ...], Field(max_length=20)] | None = None
    confirm_narrowing: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.like is None and not {"header", "label", "body"} <= self.model_fields_set:
            raise PydanticCustomError("draft", "a draft has header, label and body, or like and what differs")
        return self

    def on(self, original: "DraftTemplate") -> "DraftTemplate":
        """The draft that the changes to ``original`` make."""
        return DraftTemplate(
            header=_changed(original.header, self.header),
            label=_changed(original.label, self.label),
            body=_changed(original.body, self.body),
            tear_lines=original.tear_lines if self.tear_lines is None else self.tear_lines,
            references=original.references if self.references is None else self.references,
            confirm_narrowing=original.confirm_narrowing or self.confirm_narrowing,
        )

    @property
    def refers_to(self) -> tuple[str, ...]:
        """Serials whose messages it refers to."""
        return tuple(reference.inject for reference in self.references or ())


def _changed(members: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = {**members, **changes}
    return {name: value for name, value in merged.items() if value is not None}


class Acknowledge(Statement):
    """A person's acknowledgement of an earlier inject's message."""

    inject: Serial
    level: AcknowledgementLevel
    outcome: AcknowledgementOutcome
    officer_role: TitleText
    remarks: ParagraphText | None = None


class AgreementStep(Statement):
    """What a nation does about an agreement: ``propose`` one, or an act on the one proposed in an inject.

    ``propose`` holds a proposal as `POST /v1/agreements` takes it; times may be `{now...}`.
    """

    propose: dict[str, Any] | None = None
    countersign: Serial | None = None
    suspend: Serial | None = None
    resume: Serial | None = None
    leave: Serial | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        acts = [act for act in ActKind if getattr(self, act.value) is not None]
        if len(acts) + (self.propose is not None) != 1:
            raise PydanticCustomError(
                "agreement_step", "one of propose, countersign, suspend, resume, leave, and no other"
            )
        return self

    @property
    def act(self) -> tuple[ActKind, str] | None:
        """The act and the inject that proposed what it is about; None for a proposal."""
        for act in ActKind:
            proposed_in = getattr(self, act.value)
            if proposed_in is not None:
                return act, proposed_in
        return None


class Accession(Statement):
    """The realm puts in force that a nation is a member of a community from this moment on.

    The inject's nation brings the signed documents to its own gateway, which passes them on. ``leaves``: that
    it is a member no more.
    """

    community: CommunityName
    nation: Nation
    leaves: bool = False


class Fault(StrEnum):
    """What happens to the machinery, not to a nation."""

    BROKER_AWAY = "BROKER_AWAY"
    """The broker stops: gateways accept and queue, nothing travels."""
    BROKER_BACK = "BROKER_BACK"
    """It runs again; what became known meanwhile reaches everybody before the next inject."""
    GATEWAY_AWAY = "GATEWAY_AWAY"
    """The gateway of the inject's nation stops; what is sent there waits."""
    GATEWAY_KILLED = "GATEWAY_KILLED"
    """It is killed (SIGKILL), in the middle of whatever it does."""
    GATEWAY_BACK = "GATEWAY_BACK"
    """It runs again, after either."""
    GATEWAY_PAUSED = "GATEWAY_PAUSED"
    """It stands still (SIGSTOP), with all its connections open."""
    GATEWAY_RESUMED = "GATEWAY_RESUMED"
    """It goes on where it stood."""
    BROKER_WIPED = "BROKER_WIPED"
    """While it is away, all that it kept is destroyed: streams, consumers, mail."""
    LINK_CUT = "LINK_CUT"
    """The way between the nation's gateway and the broker is cut; both run on."""
    LINK_SLOW = "LINK_SLOW"
    """That way takes a third of a second longer, in both directions."""
    LINK_REORDERED = "LINK_REORDERED"
    """On that way neighbouring messages change places, in both directions."""
    LINK_RESTORED = "LINK_RESTORED"
    """It is as it was."""
    BROKER_FULL = "BROKER_FULL"
    """Every nation's room at the broker is used up: it runs and delivers, but stores no more."""
    BROKER_ROOM = "BROKER_ROOM"
    """There is room again."""
    CLOCK_SKEWED = "CLOCK_SKEWED"
    """The wall clock of the gateway is set wrong while it runs, by as much as the inject says."""
    CLOCK_RIGHT = "CLOCK_RIGHT"
    """It is set right, while it runs."""


TAKING_AWAY = frozenset(
    {
        *(Fault.BROKER_AWAY, Fault.BROKER_FULL, Fault.GATEWAY_AWAY, Fault.GATEWAY_KILLED),
        *(Fault.GATEWAY_PAUSED, Fault.LINK_CUT, Fault.LINK_SLOW, Fault.LINK_REORDERED, Fault.CLOCK_SKEWED),
    }
)
"""What lasts until something brings it back."""
ON_LINKS = frozenset({Fault.LINK_CUT, Fault.LINK_SLOW, Fault.LINK_REORDERED, Fault.LINK_RESTORED})
ON_CLOCKS = frozenset({Fault.CLOCK_SKEWED, Fault.CLOCK_RIGHT})
ON_BROKER = frozenset(
    {Fault.BROKER_AWAY, Fault.BROKER_BACK, Fault.BROKER_WIPED, Fault.BROKER_FULL, Fault.BROKER_ROOM}
)


class Attempt(Statement):
    """Something that must be refused: a draft, acknowledgement, step on an agreement or request, or backfill.

    ``like`` takes the draft of an earlier inject and changes members of its header and label (null takes one
    out) and its references. ``key_of`` tries another nation's API key, ``key`` any text, "" none at all.
    ``misquote_digest`` falsifies the digest of every reference, or of the list that is confirmed.
    """

    draft: DraftTemplate | None = None
    like: Serial | None = None
    header: dict[str, Any] = Field(default_factory=dict)
    label: dict[str, Any] = Field(default_factory=dict)
    references: Annotated[tuple[InjectReference, ...], Field(max_length=20)] | None = None
    acknowledge: Acknowledge | None = None
    agreement: AgreementStep | None = None
    request: RequestStep | None = None
    backfill: Backfill | None = None
    key_of: Nation | None = None
    key: str | None = None
    misquote_digest: bool = False

    @model_validator(mode="after")
    def _one(self) -> Self:
        tried = (self.draft, self.like, self.acknowledge, self.agreement, self.request, self.backfill)
        if sum(each is not None for each in tried) != 1:
            raise PydanticCustomError(
                "attempt", "an attempt has one of draft, like, acknowledge, agreement, request, backfill"
            )
        if self.like is None and (self.header or self.label or self.references is not None):
            raise PydanticCustomError("attempt", "header, label and references change what like names")
        if self.key_of is not None and self.key is not None:
            raise PydanticCustomError("attempt", "give key_of or key, not both")
        return self

    @property
    def template(self) -> DraftTemplate | None:
        """The draft that is tried; None when it is something else."""
        if self.like is None:
            return self.draft
        return DraftTemplate(like=self.like, header=self.header, label=self.label, references=self.references)
