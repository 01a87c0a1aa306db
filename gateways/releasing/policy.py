"""Which releases wait for a second person: FLASH in mode OPERATION but for acknowledgements, and what the
nation's own file names.

The file is the nation's, not the realm's: partners neither see it nor depend on it. Pure but for reading it.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bus.protocol.classification import equivalent
from bus.protocol.trust import TrustStore
from schemas.base import Statement
from schemas.header import Kind, Mode, Precedence
from schemas.label import DraftLabel
from schemas.strict_yaml import YamlRefused, parse_yaml

MAX_RULES = 100
MAX_FILE_BYTES = 64 * 1024
ALWAYS = "FLASH in mode OPERATION"

Text = Annotated[str, Field(min_length=1, max_length=128)]


class TwoPersonRule(Statement):
    """Releases that wait: those that everything given here is true of.

    ``classification`` of ``policy`` and above. A label of another policy counts as what an equivalence of the
    realm says it is handled as; where none says so it waits, since nobody can say that it is lower.
    """

    policy: Text | None = None
    classification: Text | None = None
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)] | None = None
    precedences: Annotated[tuple[Precedence, ...], Field(min_length=1)] | None = None
    modes: Annotated[tuple[Mode, ...], Field(min_length=1)] = (Mode.OPERATION,)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if (self.policy is None) != (self.classification is None):
            raise ValueError("policy and classification go together")
        if self.policy is None and self.kinds is None and self.precedences is None:
            raise ValueError("a rule names a classification, kinds or precedences")
        return self

    def holds_for(
        self,
        kind: Kind,
        mode: Mode,
        precedence: Precedence,
        labels: Iterable[DraftLabel],
        trust: TrustStore,
        now: datetime,
    ) -> bool:
        """Whether such a release waits; of several labels one is enough."""
        return (
            mode in self.modes
            and (self.kinds is None or kind in self.kinds)
            and (self.precedences is None or precedence in self.precedences)
            and any(self._reaches(label, trust, now) for label in labels)
        )

    def _reaches(self, label: DraftLabel, trust: TrustStore, now: datetime) -> bool:
        if self.policy is None or self.classification is None:
            return True
        ranks = trust.ranks.get(self.policy, {})
        lowest, text = ranks.get(self.classification), label.classification
        if label.policy != self.policy:
            handled_as = equivalent(label.policy, text, self.policy, trust, now)
            text = "" if handled_as is None else handled_as.classification
        rank = ranks.get(text)
        # What cannot be compared waits: a missing equivalence, or a level that the realm does not know.
        return lowest is None or rank is None or rank >= lowest

    @property
    def words(self) -> str:
        """The rule as part of a sentence."""
        parts = [] if self.classification is None else [f"{self.classification} and above"]
        for values in (self.kinds, self.precedences, self.modes):
            if values is not None:
                parts.append(" or ".join(str(value) for value in values))
        return ", ".join(parts)


class ReleasePolicy(Statement):
    """A nation's release policy as its file has it. Without one only ``ALWAYS`` waits."""

    v: Literal[1] = 1
    two_person: Annotated[tuple[TwoPersonRule, ...], Field(max_length=MAX_RULES)] = ()


def why_two_persons(
    policy: ReleasePolicy,
    kind: Kind,
    mode: Mode,
    precedence: Precedence,
    labels: Iterable[DraftLabel],
    trust: TrustStore,
    now: datetime,
) -> str | None:
    """Why this release needs a second person, in a plain sentence; None when it does not."""
    # To the sender of a FLASH an acknowledgement that waits looks like an empty watch; and it goes to nobody
    # who may not have the FLASH itself.
    answers = kind is Kind.ACKNOWLEDGEMENT
    if precedence is Precedence.FLASH and mode is Mode.OPERATION and not answers:
        return f"{ALWAYS} is released by two persons."
    every = tuple(labels)
    for number, rule in enumerate(policy.two_person, 1):
        if rule.holds_for(kind, mode, precedence, every, trust, now):
            return f"Rule {number} of this nation's release policy: {rule.words}."
    return None


class ReleasePolicyError(Exception):
    """The nation's release policy cannot be read; the gateway does not start without it."""


def read_release_policy(file: Path) -> ReleasePolicy:
    """The policy in a file. Raises ReleasePolicyError naming every line at fault."""
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ReleasePolicyError(f"{file} cannot be read: {error.strerror}") from error
    if len(data) > MAX_FILE_BYTES:
        raise ReleasePolicyError(f"{file} is larger than {MAX_FILE_BYTES} bytes")
    try:
        return parse_yaml(ReleasePolicy, data)
    except YamlRefused as refused:
        raise ReleasePolicyError(f"{file}: {refused}") from None
