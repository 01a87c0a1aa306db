"""Playing real CAP alerts: every file of a directory, as exercise threat alerts of one nation."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from drills.after_action.handled import handled
from drills.connecting import partner_systems
from drills.handling import marking, signed_bounds
from drills.judging_nation import copy_times
from drills.labelling import realm_levels
from drills.outcome import DrillOutcome, FileOutcome, MessageOutcome, NationOutcome
from drills.partner_system import Answer, GatewayAccess, PartnerSystem
from schemas.header import Reference
from schemas.interop.cap import (
    CapDraft,
    CapOptions,
    CapRefused,
    CapTaken,
    CapWarningCode,
    read_cap,
    source_id_of,
)
from schemas.label import DraftLabel
from schemas.message import Draft
from schemas.threat_alert import ThreatAlert

MAX_FILE_BYTES = 16 * 1024 * 1024
SUFFIXES = (".cap", ".xml", ".edxlde")
_POLL = 0.05
_ARRIVED = ("delivered", "read", "acknowledged", "actioned")


class Steps(Protocol):
    """Port: who watches."""

    def phase(self, text: str) -> None:
        """Something longer begins."""

    def step(self, text: str) -> None:
        """One more step."""


@dataclass(frozen=True)
class _Published:
    file: str
    draft: CapDraft
    answer: Mapping[str, Any]
    sent_at: float


@dataclass(frozen=True)
class CapTerms:
    """What CAP does not say and whoever plays it must: the exercise it enters and its label."""

    exercise_id: str
    label: DraftLabel


class _CapPlay:
    """One directory, one originator."""

    def __init__(self, partners: Mapping[str, PartnerSystem], terms: CapTerms) -> None:
        self._partners = partners
        self._author = next(iter(partners.values()))
        self._exercise_id = terms.exercise_id
        self._label = terms.label
        self.not_accepted: list[str] = []
        self._known: dict[tuple[str, str, datetime], Reference] = {}
        self.files: list[FileOutcome] = []
        self.published: list[_Published] = []

    async def play(self, root: Path, file: Path) -> None:
        """Read one file and publish what is taken of it."""
        name = str(file.relative_to(root))
        data = await asyncio.to_thread(_read, file)
        if data is None:
            self.files.append(FileOutcome(file=name, taken=0, refused=("the file is too large",)))
            return
        options = CapOptions(as_exercise=self._exercise_id, replay_at=datetime.now(UTC))
        document = await asyncio.to_thread(read_cap, data, options)
        refused = [_because(alert) for alert in document.refused]
        warnings = [f"{warning.code}: {warning.explanation}" for warning in document.warnings]
        taken = 0
        for alert in document.alerts:
            if isinstance(alert, CapRefused):
                continue
            # That everything is replayed goes without saying here.
            said = [warning for warning in alert.warnings if warning.code is not CapWarningCode.REPLAYED]
            warnings += [f"{warning.code}: {warning.explanation}" for warning in said]
            for draft in alert.drafts:
                problem = await self._publish(name, alert, draft)
                taken += problem is None
                if problem is not None:
                    # A good alert that the gateway does not take: the label or the exercise is to blame.
                    refused.append(problem)
                    self.not_accepted.append(f"{name}: {problem}")
        self.files.append(
            FileOutcome(
                file=name,
                taken=taken,
                refused=tuple(refused),
                warnings=tuple(dict.fromkeys(warnings)),
            )
        )

    async def _publish(self, file: str, alert: CapTaken, draft: CapDraft) -> str | None:
        """Publish one draft; gives the reason when it cannot be."""
        references = tuple(
            known.model_copy(update={"relation": draft.relation})
            for cap in draft.cap_references
            if (known := self._known.get((cap.sender, cap.identifier, cap.sent))) is not None
        )
        # Several of one chain have become one message, the current one.
        references = tuple(dict.fromkeys(references))
        try:
            header = draft.header(references=references)
        except ValidationError as error:
            return f"SCHEMA_INVALID: {error.errors()[0]['msg']}"
        body = Draft[ThreatAlert](header=header, label=self._label, body=draft.body).encode()
        began = asyncio.get_running_loop().time()
        answer = await self._author.publish(body, source_id=source_id_of(alert))
        if not answer.accepted:
            return f"{answer.code}: {answer.body.get('detail', '')}"
        self._now_current((alert.sender, alert.identifier, alert.sent), references, answer, draft)
        self.published.append(_Published(file, draft, answer.body, began))
        return None

    def _now_current(
        self,
        name: tuple[str, str, datetime],
        replaced: Sequence[Reference],
        answer: Answer,
        draft: CapDraft,
    ) -> None:
        """What was published stands for its alert, and for all that it took the place of."""
        made = Reference(
            message_id=answer.body["message_id"],
            originator=self._author.nation,
            digest=answer.body["digest"],
            relation=draft.relation,
        )
        gone = {reference.message_id for reference in replaced}
        names = [known for known, message in self._known.items() if message.message_id in gone]
        self._known |= dict.fromkeys((*names, name), made)

    async def outcome_of(self, number: int, published: _Published, until: float) -> MessageOutcome:
        """What became of one message, once every nation has it or patience ends."""
        while True:
            shown = await self._author.publication(published.answer["publication_id"])
            rows = {row["nation"]: row for row in shown["deliveries"]}
            if all(row["state"] in _ARRIVED for row in rows.values()):
                break
            if asyncio.get_running_loop().time() > until:
                break
            await asyncio.sleep(_POLL)
        accepted_at = datetime.fromisoformat(shown["accepted_at"])
        decisions = {row["nation"]: row for row in published.answer["decisions"]}
        nations = []
        for nation, partner in self._partners.items():
            if nation == self._author.nation:
                continue
            state = rows[nation]["state"] if nation in rows else ""
            seen = partner.seen_at(self._author.nation, published.answer["message_id"])
            arrived = state in _ARRIVED and seen is not None
            decision = decisions[nation]
            remark = ""
            if decision["permit"] and not arrived:
                remark = f"must have it, but it is {state or 'not sent'}"
            elif not decision["permit"] and seen is not None:
                remark = f"must never have it ({decision['code']}), but it has"
            nations.append(
                NationOutcome(
                    nation=nation,
                    must_have=decision["permit"],
                    permit=decision["permit"],
                    code=decision["code"],
                    explanation=decision["explanation"],
                    state=state,
                    latency_ms=None if seen is None else round(1000 * (seen - published.sent_at), 1),
                    times=copy_times(rows[nation], accepted_at) if nation in rows else None,
                    as_expected=not remark,
                    remark=remark,
                )
            )
        return MessageOutcome(
            serial=str(number),
            title=f"{published.file}: {published.draft.subject}",
            originator=self._author.nation,
            kind="threat_alert",
            precedence=published.draft.precedence.value,
            classification=marking(self._label.policy, self._label.classification),
            releasable_to=self._label.releasable_to,
            message_id=published.answer["message_id"],
            accepted_at=accepted_at,
            marking=shown["marking"],
            bounds=signed_bounds(shown.get("message"), self._author.nation),
            nations=tuple(nations),
        )


async def cap_drill(
    root: Path,
    terms: CapTerms,
    accesses: Mapping[str, GatewayAccess],
    steps: Steps,
    settle_seconds: float,
) -> DrillOutcome:
    """Play every CAP file under `root`: the first nation publishes them, replayed as of now, on these terms.

    What is taken must be accepted and must arrive at every nation permitted, and nowhere else.
    """
    started_at, began = datetime.now(UTC), asyncio.get_running_loop().time()
    files = await asyncio.to_thread(_files_under, root)
    async with partner_systems(accesses) as partners:
        levels = await realm_levels(partners)
        play = _CapPlay(partners, terms)
        steps.phase(f"playing {len(files)} CAP files")
        for file in files:
            steps.step(str(file.relative_to(root)))
            await play.play(root, file)
        steps.phase("waiting for receipts")
        until = asyncio.get_running_loop().time() + settle_seconds
        messages = [
            await play.outcome_of(number, published, until)
            for number, published in enumerate(play.published, start=1)
        ]
    outcome = DrillOutcome(
        title=f"CAP alerts of {root.name}",
        summary=f"{len(files)} files, played as exercise threat alerts of {next(iter(accesses))}.",
        exercise_id=terms.exercise_id,
        started_at=started_at,
        seconds=round(asyncio.get_running_loop().time() - began, 2),
        nations=tuple(accesses),
        messages=tuple(messages),
        files=tuple(play.files),
        levels=levels,
        unjudged=tuple(play.not_accepted) or _nothing(root, len(files), len(messages)),
    )
    return handled(outcome)


def _nothing(root: Path, files: int, messages: int) -> tuple[str, ...]:
    """That nothing was published, and so nothing judged: no drill passes by that."""
    if not files:
        return (f"there is no CAP file under {root}",)
    return () if messages else (f"nothing of {files} CAP files could be taken",)


def _files_under(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def _read(file: Path) -> bytes | None:
    with file.open("rb") as opened:
        data = opened.read(MAX_FILE_BYTES + 1)
    return data if len(data) <= MAX_FILE_BYTES else None


def _because(refused: CapRefused) -> str:
    place = f"{refused.path}, line {refused.line}" if refused.line else refused.path
    return f"{refused.code}: {refused.explanation} ({place})"
