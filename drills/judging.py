"""Judging a play: waiting for what must come, then looking for what must not have come anywhere."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any

from drills.outcome import AttemptOutcome, MessageOutcome, NationOutcome, marking
from drills.partner_system import PartnerSystem
from drills.play import Played, Sent, Tried
from drills.scenario import Expectation, Scenario
from schemas.header import Kind

SETTLE_SECONDS = 30.0
_POLL = 0.05
_ARRIVED = ("delivered", "read", "acknowledged")
_SETTLED = (*_ARRIVED, "refused", "withheld")


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
        states: dict[str, dict[str, Mapping[str, Any]]] = {}
        for serial, sent in self._played.sent.items():
            acknowledged_by = self._scenario.expectation(serial).acknowledged_by
            states[serial] = await self._settled_states(sent.originator, sent.answer, acknowledged_by)
            settled(serial)
        rejections = {}
        for serial, tried in self._played.tried.items():
            if tried.hostile is not None:
                rejections[serial] = await self._rejections(tried)
            elif tried.answer is not None and tried.answer.accepted:
                # It should never have been; how far it gets is part of the finding.
                await self._settled_states(tried.inject.nation, tried.answer.body, ())
            if serial not in self._played.sent:
                settled(serial)
        # Only now, with everything settled, does an inbox show everything that ever came.
        for nation, partner in self._partners.items():
            self._inboxes[nation] = await partner.inbox()
        messages = tuple(self._message(sent, states[serial]) for serial, sent in self._played.sent.items())
        attempts = tuple(
            self._attempt(tried, rejections.get(serial, ())) for serial, tried in self._played.tried.items()
        )
        return messages, attempts, self._unexpected()

    async def _settled_states(
        self, originator: str, accepted: Mapping[str, Any], acknowledged_by: Collection[str]
    ) -> dict[str, Mapping[str, Any]]:
        """Each recipient's state, once none is under way any more or patience ends."""
        partner = self._partners[originator]
        until = asyncio.get_running_loop().time() + self._patience
        while True:
            shown = await partner.publication(accepted["publication_id"])
            states = {row["nation"]: row for row in shown["deliveries"]}
            awaited = [
                nation
                for nation, row in states.items()
                if row["state"] not in _SETTLED
                or (nation in acknowledged_by and row["state"] in ("delivered", "read"))
            ]
            if not awaited or asyncio.get_running_loop().time() > until:
                return states
            await asyncio.sleep(_POLL)

    async def _rejections(self, tried: Tried) -> tuple[str, ...]:
        """Codes under which the target's gateway refused what came on the hostile nation's subject.

        Each act must leave a refusal of its own: the n-th of the same kind waits for the n-th.
        """
        hostile = tried.inject.hostile
        assert hostile is not None
        wanted = self._scenario.expectation(tried.inject.serial).rejected
        alike = self._alike_until(tried)
        until = asyncio.get_running_loop().time() + self._patience
        while True:
            rows = await self._partners[hostile.target].rejected()
            codes = tuple(row["reason"] for row in rows if row.get("originator") == tried.inject.nation)
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
            if same_code and (other.inject.nation, hostile.target) == (tried.inject.nation, ours.target):
                count += 1
            if other is tried:
                break
        return count

    def _message(self, sent: Sent, states: Mapping[str, Mapping[str, Any]]) -> MessageOutcome:
        expectation = self._scenario.expectation(sent.inject.serial)
        decisions = {row["nation"]: row for row in sent.answer["decisions"]}
        header, label = sent.draft.get("header", {}), sent.draft.get("label", {})
        return MessageOutcome(
            serial=sent.inject.serial,
            title=sent.inject.title,
            originator=sent.originator,
            kind=header.get("kind", Kind.ACKNOWLEDGEMENT.value),
            precedence=header.get("precedence", ""),
            classification=marking(label.get("policy", ""), label.get("classification", "")),
            releasable_to=tuple(label.get("releasable_to", ())),
            message_id=sent.message.message_id,
            nations=tuple(
                self._nation(sent, nation, decisions.get(nation), states.get(nation), expectation)
                for nation in self._partners
                if nation != sent.originator
            ),
        )

    def _nation(
        self,
        sent: Sent,
        nation: str,
        decision: Mapping[str, Any] | None,
        state: Mapping[str, Any] | None,
        expectation: Expectation,
    ) -> NationOutcome:
        code = decision["code"] if decision else "NOT_IN_RELEASE_SET"
        shown = state["state"] if state else ""
        seen = self._partners[nation].seen_at(sent.originator, sent.message.message_id)
        in_inbox = self._holds(nation, sent)
        remarks = []
        if nation in expectation.must_have:
            if shown not in _ARRIVED or not in_inbox:
                reason = f" ({state['reason']})" if state and state.get("reason") else ""
                remarks.append(f"must have it, but it is {shown or code}{reason}")
            if nation in expectation.acknowledged_by and shown != "acknowledged":
                remarks.append("must acknowledge it, and did not")
        else:
            if in_inbox or state is not None:
                remarks.append("must never have it, and got it")
            wanted = expectation.must_never.get(nation)
            if wanted is not None and code != wanted.value:
                remarks.append(f"must be denied for {wanted.value}, but was for {code}")
        return NationOutcome(
            nation=nation,
            permit=bool(decision and decision["permit"]),
            code=code,
            explanation=decision["explanation"] if decision else "",
            state=shown,
            latency_ms=None if seen is None else round(1000 * (seen - sent.sent_at), 1),
            acknowledged=shown == "acknowledged",
            as_expected=not remarks,
            remark="; ".join(remarks),
        )

    def _attempt(self, tried: Tried, codes: tuple[str, ...]) -> AttemptOutcome:
        expectation = self._scenario.expectation(tried.inject.serial)
        reached = tuple(nation for nation in self._partners if self._reached(nation, tried))
        if tried.hostile is not None:
            attempted = tried.hostile.done
            expected = "the broker" if expectation.stopped_by_broker else str(expectation.rejected)
            if expectation.rejected is not None and expectation.rejected.value in codes:
                stopped_by = expectation.rejected.value
            else:
                stopped_by = (
                    "the broker" if tried.hostile.stopped_by_broker else ", ".join(codes) or "nothing"
                )
        else:
            assert tried.answer is not None
            assert expectation.refused is not None
            attempted = tried.subject or "acknowledge a message"
            expected = expectation.refused.value
            stopped_by = "nothing" if tried.answer.accepted else tried.answer.code
        remarks = []
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
            as_expected=not remarks,
            remark="; ".join(remarks),
        )

    def _holds(self, nation: str, sent: Sent) -> bool:
        return any(
            (entry["originator"], entry["message_id"]) == (sent.originator, sent.message.message_id)
            for entry in self._inboxes[nation]
        )

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
            return nation != sent.originator and self._holds(nation, sent)
        return tried.subject is not None and any(
            entry["message"]["header"]["subject"] == tried.subject for entry in self._inboxes[nation]
        )

    def _unexpected(self) -> tuple[str, ...]:
        """Whatever stands in an inbox and was expected there by no inject."""
        expected = {
            (nation, sent.originator, sent.message.message_id)
            for serial, sent in self._played.sent.items()
            for nation in self._scenario.expectation(serial).must_have
        }
        return tuple(
            f"{nation} holds message {entry['message_id']} of {entry['originator']}, not meant for it"
            for nation, entries in self._inboxes.items()
            for entry in entries
            if (nation, entry["originator"], entry["message_id"]) not in expected
        )
