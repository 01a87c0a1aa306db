"""Reading a well-formed draft critically: its times, its body's findings, references, key. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bus.protocol.errors import TrustError
from bus.protocol.label_rollup import LabelBounds
from bus.protocol.succession import CHANGES
from bus.protocol.tear_lines import version_pointer
from bus.protocol.trust import TrustStore
from gateways.publishing.draft_refused import DraftRefused
from schemas.body import Body, Finding, FindingLevel
from schemas.header import DraftHeader, Mode, Reference, Relation
from schemas.message import AnyDraft
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse
from schemas.wire import Handling

HORIZON = timedelta(days=5 * 366)
"""How far from now a header's times may lie; beyond it they are taken for a mistake."""

_REASONS = {code.value: code for code in ReasonCode}

ANSWERS = frozenset({Relation.REPLIES, Relation.ACKNOWLEDGES})


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """What must be known of a message to refer to it: ours or one from the inbox."""

    originator: str
    digest: str
    mode: Mode
    exercise_id: str | None
    release_set: tuple[str, ...]
    bounds: LabelBounds
    handling: Handling = Handling.RELEASE
    may_know: frozenset[str] | None = None
    """Of a message of ours: the nations that may learn that it exists."""
    recalled: bool = False
    """Its originator recalled it."""

    @property
    def carried_no_further(self) -> bool:
        """Whether whatever refers to it stays among those who may have it, an answer or not."""
        return self.bounds.originator_controlled or self.handling is Handling.DISPLAY_ONLY


Known = Mapping[tuple[str, str], KnownMessage]
"""By (originator, message id)."""


def check_times(header: DraftHeader, now: datetime) -> None:
    """Raises DraftRefused DRAFT_EXPIRED or TIME_INVALID."""
    if header.expires_at is not None and header.expires_at <= now:
        raise DraftRefused(
            ReasonCode.DRAFT_EXPIRED, "/header/expires_at", ReasonCode.DRAFT_EXPIRED.explanation
        )
    for name, value in (
        ("effective_at", header.effective_at),
        ("expires_at", header.expires_at),
        ("acknowledgement/by", header.acknowledgement.by),
    ):
        if value is not None and abs(value - now) > HORIZON:
            raise DraftRefused(
                ReasonCode.TIME_INVALID, f"/header/{name}", "the time lies more than five years from now"
            )
    by = header.acknowledgement.by
    if by is not None and by <= now:
        raise DraftRefused(
            ReasonCode.TIME_INVALID, "/header/acknowledgement/by", "the deadline has passed already"
        )


def findings_of(draft: AnyDraft, now: datetime) -> tuple[Finding, ...]:
    """What the author should be told of the body, and of those of the tear lines.

    Raises DraftRefused with the code of the first finding that stops publication.
    """
    bodies = (draft.body, *(version.body for version in draft.tear_lines))
    found = tuple(
        replace(finding, pointer=version_pointer(finding.pointer, version))
        for version, body in enumerate(bodies)
        if isinstance(body, Body)
        for finding in body.findings(now, draft.header.references)
    )
    errors = [finding for finding in found if finding.level is FindingLevel.ERROR]
    if errors:
        first = errors[0]
        raise DraftRefused(
            _REASONS[first.code.value],
            first.pointer,
            first.explanation,
            tuple((finding.pointer, finding.code.value, finding.explanation) for finding in errors),
        )
    return found


def check_references(
    header: DraftHeader, known: Known, originator: str, *, by_operator: bool = False
) -> None:
    """Every reference but a loose one (``relates``) is to a message we have, in the same mode and exercise.

    What may be displayed only is there for operators; others refer to it in no way. Only a message's
    originator changes it, and nothing refers to one that was recalled, ours or a partner's. Raises
    DraftRefused REFERENCE_NOT_ORIGINATOR, REFERENCE_UNKNOWN, RECALLED or REFERENCE_MODE_MISMATCH.
    """
    for index, reference in enumerate(header.references):
        pointer = f"/header/references/{index}"
        if reference.relation in CHANGES and reference.originator != originator:
            raise _refused(ReasonCode.REFERENCE_NOT_ORIGINATOR, f"{pointer}/originator")
        message = known.get((reference.originator, reference.message_id))
        if message is None or message.digest != reference.digest:
            if reference.relation is Relation.RELATES:
                continue
            raise _refused(ReasonCode.REFERENCE_UNKNOWN, pointer)
        if message.handling is Handling.DISPLAY_ONLY and not by_operator:
            raise _refused(ReasonCode.REFERENCE_UNKNOWN, pointer)
        if message.recalled:
            raise _refused(ReasonCode.RECALLED, pointer)
        same = message.mode is header.mode and message.exercise_id == header.exercise_id
        if reference.relation is not Relation.RELATES and not same:
            raise _refused(ReasonCode.REFERENCE_MODE_MISMATCH, pointer)


def check_own_references(header: DraftHeader, known: Known, recipients: Collection[str]) -> None:
    """What refers to a message of ours goes only to nations that could have that very version of it.

    To others its id alone would tell that there is a message, or a fuller version, that they have not got. A
    change refers each nation to what it holds (``gateways.publishing.variants``).
    Looked at by id, whatever the digest given. Raises DraftRefused REFERENCE_BEYOND_RELEASE.
    """
    for index, reference in enumerate(header.references):
        message = known.get((reference.originator, reference.message_id))
        if message is None or message.may_know is None or reference.relation in CHANGES:
            continue
        for nation in recipients:
            if nation not in message.may_know:
                raise DraftRefused(
                    ReasonCode.REFERENCE_BEYOND_RELEASE,
                    f"/header/references/{index}",
                    f"{nation} could not have the message that this refers to",
                )


def answered(header: DraftHeader, known: Known) -> tuple[tuple[int, Reference, KnownMessage], ...]:
    """The references that this draft answers, with their index; call ``check_references`` first."""
    return tuple(
        (index, reference, known[(reference.originator, reference.message_id)])
        for index, reference in enumerate(header.references)
        if reference.relation in ANSWERS
    )


def _refused(code: ReasonCode, pointer: str) -> DraftRefused:
    return DraftRefused(code, pointer, code.explanation)


def check_key(trust: TrustStore, nation: str, mode: Mode, now: datetime) -> str:
    """The suite of the nation's key in force for messages of this mode: its hash makes the digest.

    Raises DraftRefused KEY_UNKNOWN.
    """
    try:
        return trust.current_key(nation, KeyUse.MESSAGE, mode, now).suite.value
    except TrustError:
        raise DraftRefused(
            ReasonCode.KEY_UNKNOWN,
            "",
            f"this nation has no key in force to sign messages of mode {mode.value}; nothing was accepted",
        ) from None
