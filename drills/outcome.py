"""What came of a drill: plain data for the table, the report and the exit code."""

from typing import Annotated

from pydantic import Field

from schemas.base import Statement, UtcTime


class NationOutcome(Statement):
    """One nation and one message: the decision, how far it came, and whether that is as expected.

    ``latency_ms``: from handing the draft in until the nation's own system saw it on its inbox stream.
    """

    nation: str
    permit: bool
    code: str
    explanation: str
    state: str
    latency_ms: float | None = None
    acknowledged: bool = False
    as_expected: bool
    remark: str = ""


class MessageOutcome(Statement):
    """A message that was accepted, and every other nation's part in it."""

    serial: str
    title: str
    originator: str
    kind: str
    precedence: str
    classification: str
    releasable_to: tuple[str, ...]
    message_id: str
    nations: tuple[NationOutcome, ...]

    @property
    def as_expected(self) -> bool:
        """Whether every nation's part is."""
        return all(nation.as_expected for nation in self.nations)


class AttemptOutcome(Statement):
    """Something that had to fail: what was tried, what stopped it, whether it reached anybody."""

    serial: str
    title: str
    nation: str
    attempted: str
    expected: str
    stopped_by: str
    reached: tuple[str, ...] = ()
    as_expected: bool
    remark: str = ""


class FileOutcome(Statement):
    """A file of CAP alerts that was played: what was taken, what refused and why."""

    file: str
    taken: int
    refused: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class DrillOutcome(Statement):
    """Everything that came of one run."""

    title: str
    summary: str
    exercise_id: str
    started_at: UtcTime
    seconds: float
    nations: tuple[str, ...]
    messages: tuple[MessageOutcome, ...]
    attempts: tuple[AttemptOutcome, ...] = ()
    files: tuple[FileOutcome, ...] = ()
    unexpected: Annotated[tuple[str, ...], Field(max_length=10_000)] = ()

    @property
    def failures(self) -> tuple[str, ...]:
        """Every expectation that failed, one sentence each."""
        found = [
            f"{message.serial} at {nation.nation}: {nation.remark}"
            for message in self.messages
            for nation in message.nations
            if not nation.as_expected
        ]
        found += [
            f"{attempt.serial}: {attempt.remark}" for attempt in self.attempts if not attempt.as_expected
        ]
        return (*found, *self.unexpected)


def marking(policy: str, classification: str) -> str:
    """A classification as people read it: the policy before the native words, unless these name it first."""
    if classification == policy or classification.startswith(f"{policy} "):
        return classification
    return f"{policy} {classification}".strip()
