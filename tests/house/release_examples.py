"""The worked examples of docs/release.md: boxes of YAML that say what is published and what comes of it.

A box begins with ``realm:`` (a realm plan, known by its name from there on) or with ``example:``. An example
is one act in a realm founded for it at the instant ``at``:

- ``from`` publishes under ``label``: ``expected`` holds the code for each nation, or ``refused`` the code of
  the refusal; ``release_set`` what the label means then; ``sentences`` and ``ways`` what the preview says of
  some nations, each way as the texts of its steps. ``suspended``: agreements, and who has suspended them;
- with ``tear_lines``, further labels, ``gets`` holds the version that each nation gets, or null;
- ``second_person``: why two persons release it under the nation's ``two_person`` rules, or null;
- ``reads``: how levels of one policy read in another;
- ``backfill`` to a new member, of what earlier examples published: ``expected`` names what it shows, and
  whether it is sent.
"""

import os
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import pytest
from pydantic import Field

from bus.protocol.backfill import OwnMessage, plan_backfill
from bus.protocol.classification import equivalent
from bus.protocol.draft_explanation import explain_draft
from bus.protocol.errors import ReleaseRefused
from bus.protocol.release import ReleasePlan, plan_release
from bus.protocol.standings import AgreementTrust, Standing, obstacle_of
from bus.protocol.tear_lines import plan_versions
from bus.protocol.trust import TrustStore
from entente.founding import found_realm
from gateways.releasing.policy import ReleasePolicy, TwoPersonRule, why_two_persons
from schemas.base import (
    CommunityName,
    Identifier,
    Nation,
    NationOrCommunity,
    ShortText,
    Statement,
    TitleText,
)
from schemas.header import DraftHeader, Header, Kind, Mode, Precedence
from schemas.known import DayOrInstant
from schemas.label import DraftLabel
from schemas.realm_plan import RealmPlan
from schemas.strict_yaml import parse_yaml

PAGE = Path(__file__).resolve().parents[2] / "docs" / "release.md"
BOX = re.compile(r"^```yaml\n((?:realm|example):.*?)^```$", re.MULTILINE | re.DOTALL)


class Reading(Statement):
    """A level of ``policy`` reads ``as`` a level of ``into``, or as nothing (null)."""

    policy: ShortText
    classification: ShortText
    into: ShortText
    reads_as: ShortText | None = Field(alias="as")
    rests_on: TitleText | None = None


class Backfill(Statement):
    """Which new member of which community would be sent what earlier examples published."""

    community: CommunityName
    nation: Nation
    of: tuple[TitleText, ...]


class Suspension(Statement):
    """A party that has suspended an agreement."""

    agreement: Identifier
    by: Nation


class Example(Statement):
    """One box."""

    example: TitleText
    realm: TitleText = Field(alias="in")
    at: DayOrInstant
    originator: Nation | None = Field(None, alias="from")
    kind: Kind = Kind.THREAT_ALERT
    mode: Mode = Mode.OPERATION
    action_addressees: tuple[NationOrCommunity, ...] = ()
    info_addressees: tuple[NationOrCommunity, ...] = ()
    label: DraftLabel | None = None
    tear_lines: tuple[DraftLabel, ...] = ()
    gets: dict[str, int | None] = Field(default_factory=dict)
    backfill: Backfill | None = None
    expected: dict[str, str | bool] = Field(default_factory=dict)
    release_set: tuple[Nation, ...] | None = None
    refused: str | None = None
    sentences: dict[str, str] = Field(default_factory=dict)
    ways: dict[str, tuple[tuple[str, ...], ...]] = Field(default_factory=dict)
    suspended: tuple[Suspension, ...] = ()
    precedence: Precedence = Precedence.ROUTINE
    two_person: tuple[TwoPersonRule, ...] | None = None
    second_person: str | None = None
    reads: tuple[Reading, ...] = ()

    @property
    def header(self) -> DraftHeader:
        """The header of the draft that the example publishes."""
        return DraftHeader(
            kind=self.kind,
            precedence=self.precedence,
            mode=self.mode,
            exercise_id="EXAMPLE" if self.mode is Mode.EXERCISE else None,
            action_addressees=self.action_addressees,
            info_addressees=self.info_addressees,
            subject=self.example,
        )


class _RealmBox(Statement):
    realm: RealmPlan


class Page:
    """The realms and examples of the page, in order."""

    def __init__(self, text: str) -> None:
        self.realms: dict[str, RealmPlan] = {}
        self.examples: dict[str, Example] = {}
        for box in BOX.findall(text):
            if box.startswith("realm:"):
                plan = parse_yaml(_RealmBox, box.encode()).realm
                self.realms[plan.name] = plan
            else:
                example = parse_yaml(Example, box.encode())
                assert example.example not in self.examples, f"twice: {example.example}"
                self.examples[example.example] = example

    def trust(self, example: Example) -> TrustStore:
        """The example's realm, founded at the example's instant."""
        founded = found_realm(self.realms[example.realm], now=example.at, randomness=os.urandom)
        trust = TrustStore.open(founded.realm.id, founded.realm.envelopes)
        for suspension in example.suspended:
            trust = _suspended(trust, suspension)
        return trust

    def published(self, example: Example) -> ReleasePlan:
        """What comes of the example's draft. Raises ReleaseRefused."""
        assert example.label is not None
        assert example.originator is not None
        return plan_release(
            example.header,
            example.label,
            originator=example.originator,
            trust=self.trust(example),
            now=example.at,
        )

    def check(self, example: Example) -> None:
        """The example comes out as it says."""
        if example.backfill is not None:
            self._check_backfill(example, example.backfill)
        if example.tear_lines:
            self._check_versions(example)
        elif example.label is not None:
            self._check_release(example)
        if example.two_person is not None:
            self._check_two_persons(example, ReleasePolicy(two_person=example.two_person))
        for reading in example.reads:
            _check_reading(reading, self.trust(example), example.at)

    def _check_explanation(self, example: Example) -> None:
        assert example.label is not None
        assert example.originator is not None
        _, rows = explain_draft(
            example.header,
            example.label,
            originator=example.originator,
            trust=self.trust(example),
            now=example.at,
        )
        explained = {row.nation: row for row in rows}
        assert {nation: explained[nation].sentence for nation in example.sentences} == example.sentences
        ways = {
            nation: tuple(tuple(step.text for step in way) for way in explained[nation].ways)
            for nation in example.ways
        }
        assert ways == example.ways

    def _check_release(self, example: Example) -> None:
        self._check_explanation(example)
        if example.refused is not None:
            with pytest.raises(ReleaseRefused) as refused:
                self.published(example)
            assert refused.value.code == example.refused
            return
        plan = self.published(example)
        assert {row.nation: row.decision.code for row in plan.rows} == example.expected
        if example.release_set is not None:
            assert plan.label.release_set == example.release_set

    def _check_versions(self, example: Example) -> None:
        assert example.label is not None
        assert example.originator is not None
        labels = (example.label, *example.tear_lines)
        plan = plan_versions(
            example.header,
            [(example.example, label) for label in labels],
            originator=example.originator,
            trust=self.trust(example),
            now=example.at,
        )
        assert {row.nation: row.version for row in plan.plan.rows} == example.gets
        if example.expected:
            assert {row.nation: row.decision.code for row in plan.plan.rows} == example.expected

    def _check_two_persons(self, example: Example, policy: ReleasePolicy) -> None:
        assert example.label is not None
        header, labels = example.header, (example.label, *example.tear_lines)
        why = why_two_persons(
            policy, header.kind, header.mode, header.precedence, labels, self.trust(example), example.at
        )
        assert why == example.second_person

    def _check_backfill(self, example: Example, asked: Backfill) -> None:
        assert example.originator is not None
        own = {_message_id(at): self.examples[name] for at, name in enumerate(asked.of)}
        rows = plan_backfill(
            asked.community,
            asked.nation,
            [self._issued(message_id, earlier) for message_id, earlier in own.items()],
            (),
            originator=example.originator,
            trust=self.trust(example),
            now=example.at,
        )
        shown: dict[str, str | bool] = {own[row.message_id].example: row.sends for row in rows}
        assert shown == example.expected

    def _issued(self, message_id: str, earlier: Example) -> OwnMessage:
        values = {name: getattr(earlier.header, name) for name in DraftHeader.model_fields}
        assert earlier.originator is not None
        header = Header(**values, message_id=message_id, originator=earlier.originator, issued_at=earlier.at)
        return OwnMessage(header, self.published(earlier).label, "sha256:" + "0" * 64)


def _suspended(trust: TrustStore, suspension: Suspension) -> TrustStore:
    """The store once a party has suspended an agreement."""

    def after(trusted: AgreementTrust) -> AgreementTrust:
        if trusted.agreement.id != suspension.agreement:
            return trusted
        standings = {**trusted.standings, suspension.by: Standing.SUSPENDED}
        # Its founding countersignature does not count any more, nor does the time of that.
        acts = {nation: acts for nation, acts in trusted.acts.items() if nation != suspension.by}
        return replace(trusted, standings=standings, acts=acts, obstacle=obstacle_of(standings.values()))

    listed = {nation: tuple(map(after, each)) for nation, each in trust.agreements_of.items()}
    return replace(trust, agreements_of=MappingProxyType(listed))


def _message_id(number: int) -> str:
    return f"01960000-0000-7000-8000-{number:012x}"


def _check_reading(reading: Reading, trust: TrustStore, at: datetime) -> None:
    found = equivalent(reading.policy, reading.classification, reading.into, trust, at)
    assert (found and found.classification) == reading.reads_as
    if reading.rests_on is not None:
        assert found is not None
        assert found.rests_on == reading.rests_on
