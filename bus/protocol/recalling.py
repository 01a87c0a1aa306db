"""What a recall does, as tables: to a copy at its recipient, and to what its originator knows of that copy.

Pure. At the recipient the order in which message and recall come makes no difference to what can be read:
once the recall is known, nothing. At the originator answers join: whatever order they come in, however often.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.recall import RecallOutcome


class CopyState(StrEnum):
    """One message of a partner, named by id, digest and mode, at its recipient."""

    ABSENT = "absent"
    FILED = "filed"
    BARRED = "barred"
    """Recalled before it came: a tombstone. It is refused when it comes."""
    WITHDRAWN = "withdrawn"
    """Its row stands in the inbox without content."""


class CopyAct(StrEnum):
    """What comes from its originator."""

    MESSAGE = "message"
    RECALL = "recall"


COPY_LIFE: Mapping[tuple[CopyState, CopyAct], CopyState] = {
    (CopyState.ABSENT, CopyAct.MESSAGE): CopyState.FILED,
    (CopyState.ABSENT, CopyAct.RECALL): CopyState.BARRED,
    (CopyState.FILED, CopyAct.MESSAGE): CopyState.FILED,
    (CopyState.FILED, CopyAct.RECALL): CopyState.WITHDRAWN,
    (CopyState.BARRED, CopyAct.MESSAGE): CopyState.BARRED,
    (CopyState.BARRED, CopyAct.RECALL): CopyState.BARRED,
    (CopyState.WITHDRAWN, CopyAct.MESSAGE): CopyState.WITHDRAWN,
    (CopyState.WITHDRAWN, CopyAct.RECALL): CopyState.WITHDRAWN,
}
"""The whole life of a copy: nothing leads from withdrawn or barred back to filed."""

ANSWER_IN: Mapping[CopyState, RecallOutcome] = {
    CopyState.BARRED: RecallOutcome.NOT_HELD,
    CopyState.WITHDRAWN: RecallOutcome.WITHDRAWN,
}
"""What a recipient answers once a recall has taken effect."""


class AskedState(StrEnum):
    """What the originator knows of one nation's copy after it recalled the message."""

    ASKED = "asked"
    NOT_HELD = "not_held"
    WITHDRAWN = "withdrawn"


ASKED_LIFE: Mapping[tuple[AskedState, RecallOutcome], AskedState] = {
    (AskedState.ASKED, RecallOutcome.NOT_HELD): AskedState.NOT_HELD,
    (AskedState.ASKED, RecallOutcome.WITHDRAWN): AskedState.WITHDRAWN,
    (AskedState.NOT_HELD, RecallOutcome.NOT_HELD): AskedState.NOT_HELD,
    (AskedState.NOT_HELD, RecallOutcome.WITHDRAWN): AskedState.WITHDRAWN,
    (AskedState.WITHDRAWN, RecallOutcome.NOT_HELD): AskedState.WITHDRAWN,
    (AskedState.WITHDRAWN, RecallOutcome.WITHDRAWN): AskedState.WITHDRAWN,
}
"""States only go forward: a nation that once had the message had it."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a nation said of its copy. ``already_read``: None where it keeps that to itself."""

    outcome: RecallOutcome
    already_read: bool | None
    at: datetime


@dataclass(frozen=True, slots=True)
class KnownCopy:
    """What stands in the inbox under a message id, of whichever originator."""

    originator: str
    digest: str
    mode: Mode


def joined(known: Confirmation | None, said: Confirmation) -> Confirmation:
    """What is known after another answer: idempotent, whatever the order.

    A nation that once said that somebody had read it is not heard saying the contrary.
    """
    if known is None:
        return said
    state = ASKED_LIFE[AskedState(known.outcome.value.lower()), said.outcome]
    told = [read for read in (known.already_read, said.already_read) if read is not None]
    return Confirmation(
        RecallOutcome(state.value.upper()), any(told) if told else None, min(known.at, said.at)
    )


def recall_fault(partner: str, digest: str, mode: Mode, under_the_id: list[KnownCopy]) -> ReasonCode | None:
    """Why a recall by ``partner`` is one that no honest gateway sends; None where nothing is wrong with it.

    ``under_the_id``: everything in the inbox under the message id that it names.
    """
    if not under_the_id:
        return None
    own = [copy for copy in under_the_id if copy.originator == partner]
    if own and all((copy.digest, copy.mode) == (digest, mode) for copy in own):
        return None
    return ReasonCode.RECALL_MISMATCH
