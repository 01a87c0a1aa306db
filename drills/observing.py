"""Looking at what has become of a message, at its author's gateway and at everybody else's."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from drills import life_calls
from drills.life_calls import Json
from drills.life_expectation import LifeExpectation
from drills.partner_system import PartnerSystem
from drills.played import Played, Sent
from drills.scenario import Scenario
from drills.seen import Seen

UNKNOWN = "unknown"


class Observer:
    """Asks every nation's own gateway."""

    def __init__(
        self, scenario: Scenario, partners: Mapping[str, PartnerSystem], played: Played, away: Collection[str]
    ) -> None:
        self._scenario = scenario
        self._partners = partners
        self._played = played
        self._away = away

    async def look(self, about: str, wanted: LifeExpectation, serial: str) -> Seen:
        """What is shown now of the message of inject ``about``, where the expectation says anything.

        ``serial``: the inject that is judged.
        """
        sent = self._played.sent[about]
        seen: dict[str, Any] = {}
        if wanted.standing:
            seen |= {"standing": await self._standing(about)}
        if wanted.progress:
            seen |= await self._progress(sent)
        if wanted.overdue is not None:
            seen |= await self._overdue(sent)
        if wanted.of_recall:
            seen |= await self._recall(sent)
        if wanted.requests:
            seen |= await self._requests(sent, serial if wanted.no_effect else None)
        return Seen(**seen)

    async def _standing(self, about: str) -> dict[str, dict[str, str]]:
        """Every nation's messages of the chain, and where each stands there."""
        chain = [serial for serial in self._scenario.chain(about) if serial in self._played.sent]
        found: dict[str, dict[str, str]] = {}
        for nation in self._partners:
            for serial in chain if nation not in self._away else ():
                status = await self._status(nation, serial)
                if status is not None:
                    found.setdefault(nation, {})[serial] = status
        return found

    async def _status(self, nation: str, serial: str) -> str | None:
        partner, sent = self._partners[nation], self._played.sent[serial]
        if nation == sent.originator:
            shown = await life_calls.publication(partner, sent.answer["publication_id"])
            return str(shown["status"])
        held = await life_calls.entry(partner, self._played.messages_of(nation)[serial])
        if held is None:
            return None
        status = str(held["status"])
        return f"{status} with its content" if status == "RECALLED" and "message" in held else status

    async def _progress(self, sent: Sent) -> dict[str, dict[str, str] | dict[str, float]]:
        author = self._partners[sent.originator]
        shown = await life_calls.publication(author, sent.answer["publication_id"])
        rows = {row["nation"]: row for row in shown["deliveries"]}
        late = {nation: _late(row) for nation, row in rows.items()}
        return {
            "progress": {nation: row["state"] for nation, row in rows.items()},
            "late": {nation: seconds for nation, seconds in late.items() if seconds > 0},
        }

    async def _overdue(self, sent: Sent) -> dict[str, dict[str, str] | Counter[str]]:
        author, publication_id = self._partners[sent.originator], sent.answer["publication_id"]
        rows = await life_calls.overdue_copies(author, publication_id)
        told = await life_calls.events(author, 0, "receipt.overdue")
        return {
            "overdue": {row["nation"]: ", ".join(row["overdue"]) for row in rows},
            "told": Counter(each["nation"] for each in told if each.get("publication_id") == publication_id),
        }

    async def _recall(self, sent: Sent) -> dict[str, dict[str, str | None] | frozenset[str]]:
        author = self._partners[sent.originator]
        shown = await life_calls.recall_shown(author, sent.answer["publication_id"])
        rows = [row for row in shown["nations"] if row["publication_id"] == sent.answer["publication_id"]]
        return {
            "answered": {row["nation"]: row.get("outcome") for row in rows},
            "had_read": frozenset(row["nation"] for row in rows if row.get("already_read")),
        }

    async def _requests(self, sent: Sent, answer: str | None) -> dict[str, dict[str, str] | bool]:
        """Where the request stands with each nation, as asker and asked say; both, where they differ."""
        asker = await life_calls.request_shown(self._partners[sent.originator], sent.message)
        states: dict[str, str] = {}
        ineffective = answer is not None
        for party in asker["parties"] if asker is not None else ():
            nation = party["nation"]
            theirs = await self._their_party(nation, sent)
            told = str(theirs["state"]) if theirs is not None else UNKNOWN
            ours = str(party["state"])
            states[nation] = ours if told == ours else f"{ours}, and {told} at {nation}"
            if answer is not None and nation == self._scenario.inject(answer).nation:
                ineffective &= _ineffective(party, self._played.sent[answer]) and (
                    theirs is not None and _ineffective(theirs, self._played.sent[answer])
                )
        return {"requests": states, "ineffective": ineffective}

    async def _their_party(self, nation: str, sent: Sent) -> Json | None:
        if nation in self._away:
            return None
        shown = await life_calls.request_shown(self._partners[nation], sent.message_of(nation))
        parties = shown["parties"] if shown is not None else ()
        return next((party for party in parties if party["nation"] == nation), None)


def _ineffective(party: Json, answer: Sent) -> bool:
    """Whether a party's timeline shows the answer, and shows it as without effect."""
    steps = [each for each in party["timeline"] if each.get("message_id") == answer.message.message_id]
    return bool(steps) and not any(each["effective"] for each in steps)


def _late(row: Json) -> float:
    """Seconds between the deadline of an acknowledgement and the acknowledgement; 0 where it was in time."""
    due = row.get("acknowledge_by")
    given = [each["at"] for each in row["receipts"] if each["status"] in ("acknowledged", "actioned")]
    if due is None or not given:
        return 0.0
    return max(0.0, (datetime.fromisoformat(given[0]) - datetime.fromisoformat(due)).total_seconds())
