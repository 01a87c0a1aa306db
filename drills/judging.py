"""Judging a play: waiting for what must come, then looking for what must not have come anywhere."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from drills.acting import Act
from drills.expectation import NOT_MEANT, SETTLED, Expectation
from drills.handling import marking, signed_bounds
from drills.judging_acts import acknowledged_by_actors, place
from drills.judging_nation import nation_outcome
from drills.judging_steps import different_decisions, different_states, out_of_order, unsaid
from drills.life_expectation import Gets
from drills.outcome import AttemptOutcome, MessageOutcome
from drills.partner_system import PartnerSystem
from drills.played import Played, Sent, Tried
from drills.scenario import Scenario
from schemas.header import Kind

SETTLE_SECONDS = 30.0
_POLL = 0.05


class Judge:
    """Compares what the gateways show with what the scenario expects."""

    def __init__(
        self,
        scenario: Scenario,
        partners: Mapping[str, PartnerSystem],
        played: Played,
        settle_seconds: float,
    ) -> None:
        self._scenario = scenario
        self._partners = partners
        self._played = played
        self._patience = settle_seconds
        self._inboxes: dict[str, tuple[Mapping[str, Any], ...]] = {}

    async def judge(
        self, settled: Callable[[str], None]
    ) -> tuple[tuple[MessageOutcome, ...], tuple[AttemptOutcome, ...], tuple[str, ...]]:
        """Messages, attempts, and sentences on what stands in an inbox without having been expected.

        `settled` is called with each serial when nothing more is awaited for it.
        """
        shown: dict[str, Mapping[str, Any]] = {}
        for serial, sent in self._played.sent.items():
            acknowledged_by = {
                *self._expected(sent).acknowledged_by,
                *acknowledged_by_actors(self._played, serial),
            }
            shown[serial] = await self._settled(sent.originator, sent.answer, acknowledged_by)
            settled(sent.inject.serial)
        rejections = {}
        for serial, tried in self._played.tried.items():
            if tried.hostile is not None:
                rejections[serial] = await self._rejections(tried) if tried.codes is None else tried.codes
            elif tried.answer is not None and "publication_id" in tried.answer.body:
                # It should never have been; how far it gets is part of the finding.
                await self._settled(tried.inject.nation, tried.answer.body, ())
            if serial not in self._played.sent:
                settled(serial)
        # Only now, with everything settled, does an inbox show everything that ever came.
        for nation, partner in self._partners.items():
            self._inboxes[nation] = await partner.inbox()
        order = [inject.serial for inject in self._scenario.injects]
        in_order = sorted(self._played.sent.items(), key=lambda each: place(each[1].inject, order))
        messages = tuple(self._message(sent, shown[serial]) for serial, sent in in_order)
        attempts = tuple(
            self._attempt(tried, rejections.get(serial, ())) for serial, tried in self._played.tried.items()
        )
        return messages, attempts, self._unexpected()

    async def _settled(
        self, originator: str, accepted: Mapping[str, Any], acknowledged_by: Collection[str]
    ) -> Mapping[str, Any]:
        """The publication, once no copy is under way any more or patience ends."""
        partner = self._partners[originator]
        until = asyncio.get_running_loop().time() + self._patience
        while True:
            shown = await partner.publication(accepted["publication_id"])
            awaited = [
                row
                for row in shown["deliveries"]
                if row["state"] not in SETTLED
                or (row["nation"] in acknowledged_by and row["state"] in ("delivered", "read"))
            ]
            if not awaited or asyncio.get_running_loop().time() > until:
                return shown
            await asyncio.sleep(_POLL)

    async def _rejections(self, tried: Tried) -> tuple[str, ...]:
        """Codes under which the target's gateway refused what came on the hostile nation's subject.

        Each act must leave a refusal of its own: the n-th of the same kind waits for the n-th.
        """
        hostile = tried.inject.hostile
        assert hostile is not None
        wanted = self._scenario.expectation(tried.inject.serial).rejected
        alike, lane = self._alike_until(tried), hostile.lane_of(tried.inject.nation)
        until = asyncio.get_running_loop().time() + self._patience
        while True:
            rows = await self._partners[hostile.target].rejected()
            codes = tuple(row["reason"] for row in rows if row.get("originator") == lane)
            enough = wanted is None or codes.count(wanted.value) >= alike
            if enough or asyncio.get_running_loop().time() > until:
                return codes if enough else tuple(code for code in codes if wanted and code != wanted.value)
            await asyncio.sleep(_POLL)

    def _alike_until(self, tried: Tried) -> int:
        """How many acts of this nation on this target, up to this one, are to be refused with this code."""
        count = 0
        for other in self._played.tried.values():
            hostile, ours = other.inject.hostile, tried.inject.hostile
            if hostile is None or ours is None:
                continue
            same_code = (
                self._scenario.expectation(other.inject.serial).rejected
                == self._scenario.expectation(tried.inject.serial).rejected
            )
            theirs = (hostile.lane_of(other.inject.nation), hostile.target)
            if same_code and theirs == (ours.lane_of(tried.inject.nation), ours.target):
                count += 1
            if other is tried:
                break
        return count

    def _message(self, sent: Sent, shown: Mapping[str, Any]) -> MessageOutcome:
        expectation = self._expected(sent)
        decisions = {row["nation"]: row for row in sent.answer["decisions"]}
        states = {row["nation"]: row for row in shown["deliveries"]}
        header, label = sent.draft.get("header", {}), sent.draft.get("label", {})
        remarks = different_decisions(expectation, {nation: row["code"] for nation, row in decisions.items()})
        change = sent.answer.get("change")
        shares = {row["nation"]: row["gets"] for row in change["shares"]} if change else {}
        banner = shown.get("marking", "")
        accepted_at = datetime.fromisoformat(shown["accepted_at"])
        remarks += out_of_order(expectation.after, sent.inject.serial, self._order())
        if expectation.marking not in (None, banner):
            remarks.append(f"the marking must be {expectation.marking}, but is {banner}")
        return MessageOutcome(
            serial=sent.inject.serial,
            title=f"{sent.inject.title} ({sent.copy_of})" if sent.copy_of else sent.inject.title,
            originator=sent.originator,
            kind=header.get("kind", Kind.ACKNOWLEDGEMENT.value),
            precedence=shown["precedence"],
            classification=marking(label.get("policy", ""), label.get("classification", "")),
            releasable_to=tuple(label.get("releasable_to", ())),
            message_id=sent.message.message_id,
            accepted_at=accepted_at,
            answers=self._answers(sent),
            marking=banner,
            bounds=signed_bounds(shown.get("message"), sent.originator),
            nations=tuple(
                nation_outcome(
                    expectation,
                    nation,
                    decision=decisions.get(nation),
                    state=states.get(nation),
                    entry=self._entry(nation, sent),
                    latency=self._latency(nation, sent),
                    # What the author's own marking lacks is said of the message, once.
                    marking=expectation.markings.get(nation, banner if expectation.marking else None),
                    gets=shares.get(nation, Gets.NOTHING.value) if change else "",
                    accepted_at=accepted_at,
                )
                for nation in self._partners
                if nation != sent.originator
            ),
            remark="; ".join(remarks),
        )

    def _expected(self, sent: Sent) -> Expectation:
        """What must come of a message: as the scenario says, or of an actor's as it follows."""
        cause = sent.inject
        return cause.expectation if isinstance(cause, Act) else self._scenario.expectation(cause.serial)

    def _order(self) -> dict[str, list[str]]:
        """Every nation's inbox as the injects that wrote what stands there, in its order."""
        wrote = {
            (nation, sent.originator, sent.message_of(nation).message_id): sent.inject.serial
            for sent in self._played.sent.values()
            for nation in self._partners
        }
        return {
            nation: [wrote.get((nation, each["originator"], each["message_id"]), "") for each in entries]
            for nation, entries in self._inboxes.items()
        }

    def _answers(self, sent: Sent) -> str:
        """The inject whose request this answers; empty when it answers none."""
        if sent.draft.get("header", {}).get("kind") != Kind.INFORMATION_RESPONSE.value:
            return ""
        if isinstance(sent.inject, Act):
            return sent.inject.request or ""
        about = self._scenario.about(sent.inject)
        return about if about not in (None, sent.inject.serial) else ""

    def _latency(self, nation: str, sent: Sent) -> float | None:
        """Seconds until the nation's own system saw it; None when it did not."""
        seen = self._partners[nation].seen_at(sent.originator, sent.message_of(nation).message_id)
        return None if seen is None else seen - sent.sent_at

    def _attempt(self, tried: Tried, codes: tuple[str, ...]) -> AttemptOutcome:
        expectation = self._scenario.expectation(tried.inject.serial)
        reached = tuple(nation for nation in self._partners if self._reached(nation, tried))
        if tried.hostile is not None:
            attempted = tried.hostile.done
            expected = expectation.stopped_by
            if expectation.rejected is not None and expectation.rejected.value in codes:
                stopped_by = expectation.rejected.value
            else:
                stopped_by = (
                    "the broker" if tried.hostile.stopped_by_broker else ", ".join(codes) or "nothing"
                )
        else:
            assert tried.answer is not None
            assert expectation.refused is not None
            attempted = tried.subject or ""
            expected = expectation.refused.value
            stopped_by = "nothing" if tried.answer.accepted else tried.answer.code
        remarks = different_states(expectation, tried.states)
        if tried.answer is not None:
            remarks += unsaid(expectation, str(tried.answer.body.get("detail", "")))
        if stopped_by != expected:
            remarks.append(f"must be stopped by {expected}, but was by {stopped_by}")
        if reached:
            remarks.append(f"must reach nobody, and reached {', '.join(reached)}")
        return AttemptOutcome(
            serial=tried.inject.serial,
            title=tried.inject.title,
            nation=tried.inject.nation,
            attempted=attempted,
            expected=expected,
            stopped_by=stopped_by,
            reached=reached,
            detail=str(tried.answer.body.get("detail", "")) if tried.answer is not None else "",
            as_expected=not remarks,
            remark="; ".join(remarks),
        )

    def _entry(self, nation: str, sent: Sent) -> Mapping[str, Any] | None:
        """The message in a nation's inbox; None when it is not there."""
        identity = (sent.originator, sent.message_of(nation).message_id)
        entries = self._inboxes[nation]
        return next((each for each in entries if (each["originator"], each["message_id"]) == identity), None)

    def _reached(self, nation: str, tried: Tried) -> bool:
        """Whether an inbox holds what the attempt tried to bring there.

        A refused draft has no id and is known by its subject. A hostile act carries a message that exists; it
        reached a nation that has it and was not meant to.
        """
        hostile = tried.inject.hostile
        if hostile is not None:
            serial = tried.inject.serial if hostile.draft is not None else hostile.inject
            if serial is None or nation in self._scenario.expectation(serial).must_have:
                return False
            sent = self._played.sent[serial]
            return nation != sent.originator and self._entry(nation, sent) is not None
        return tried.subject is not None and any(
            entry["message"]["header"]["subject"] == tried.subject
            for entry in self._inboxes[nation]
            if "message" in entry
        )

    def _unexpected(self) -> tuple[str, ...]:
        """Whatever stands in an inbox and was expected there by no inject, or more than once."""
        expected = {
            (nation, sent.originator, sent.message_of(nation).message_id)
            for sent in self._played.sent.values()
            for nation in self._expected(sent).must_have
        }
        held = Counter(
            (nation, str(entry["originator"]), str(entry["message_id"]))
            for nation, entries in self._inboxes.items()
            for entry in entries
        )
        return tuple(
            f"{nation} holds message {message_id} of {originator}, {NOT_MEANT}"
            for nation, originator, message_id in held
            if (nation, originator, message_id) not in expected
        ) + tuple(
            f"{nation} holds message {message_id} of {originator} {times} times"
            for (nation, originator, message_id), times in held.items()
            if times > 1
        )
