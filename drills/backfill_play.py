"""Backfills in a play: proposed, read and confirmed over HTTP, as `entente backfill` does it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from drills.backfills import WHY, Backfill, BackfillOutcome, BackfillRow, Fate, different_list
from drills.expectation import Expectation
from drills.inject import Inject
from drills.partner_system import Answer, PartnerSystem, PartnerSystemError
from drills.played import ListRead, Played, Sent
from schemas.base import rfc3339

Json = Mapping[str, Any]
_CLOCKS_APART = timedelta(seconds=5)
"""So far the clock of a gateway may be behind that of the drill."""


class BackfillPlay:
    """Lists what a new member missed, and sends what was read."""

    def __init__(self, partners: Mapping[str, PartnerSystem], played: Played) -> None:
        self._partners = partners
        self._played = played

    async def hand_in(self, nation: str, wanted: Backfill, *, misquote_digest: bool = False) -> Answer:
        """Propose and confirm; what refuses first is the answer. ``misquote_digest``: of another list."""
        proposed = await self._propose(nation, wanted)
        if not proposed.accepted:
            return proposed
        algorithm, _, value = str(proposed.body["digest"]).partition(":")
        digest = f"{algorithm}:{value[::-1] if misquote_digest else value}"
        return await self._confirm(nation, proposed.body, digest)

    async def send(self, inject: Inject, wanted: Backfill) -> tuple[str, ...]:
        """Propose, read what is kept of it, confirm that; gives what was sent, as it is named in the play.

        PartnerSystemError when the gateway refuses any of it.
        """
        partner = self._partners[inject.nation]
        proposed = _taken(await self._propose(inject.nation, wanted))
        kept = _taken(await partner.look(f"/v1/backfills/{proposed['backfill_id']}", {}))
        began = asyncio.get_running_loop().time()
        done = _taken(await self._confirm(inject.nation, kept, str(kept["digest"])))
        written = self._written_by(inject.nation)
        rows = tuple(_row(item, written) for item in kept["items"])
        sent = [await self._copy(inject, each, written, began) for each in done["published"]]
        self._played.lists[inject.serial] = ListRead(inject, wanted, rows)
        return tuple(sent)

    async def _propose(self, nation: str, wanted: Backfill) -> Answer:
        asked: dict[str, Any] = {
            "community": wanted.community,
            "nation": wanted.nation,
            "mode": wanted.mode.value,
            "since": rfc3339(self._since()),
        }
        if wanted.kinds is not None:
            asked["kinds"] = [each.value for each in wanted.kinds]
        return await self._partners[nation].hand_in("/v1/backfills", asked)

    async def _confirm(self, nation: str, proposed: Json, digest: str) -> Answer:
        path = f"/v1/backfills/{proposed['backfill_id']}/confirm"
        return await self._partners[nation].hand_in(path, {"digest": digest})

    def _since(self) -> datetime:
        return min(self._played.began.values()) - _CLOCKS_APART

    def _written_by(self, nation: str) -> dict[str, str]:
        """The inject that wrote each message of a nation, by the message's id; copies are nobody's."""
        return {
            version["message_id"]: serial
            for serial, sent in self._played.sent.items()
            if sent.originator == nation and not sent.copy_of
            for version in sent.answer.get("messages") or (sent.answer,)
        }

    async def _copy(self, inject: Inject, pair: Json, written: Mapping[str, str], began: float) -> str:
        """Note a message that was sent anew; gives its name in the play."""
        backfill = inject.backfill
        assert backfill is not None  # only backfills send copies
        shown = await self._partners[inject.nation].publication(pair["publication_id"])
        original = written.get(pair["message_id"], "")
        recipients = [row["nation"] for row in shown["deliveries"]]
        answer = {**shown, "recipients": recipients}
        copy = Sent(inject, inject.nation, shown.get("message") or {}, answer, began, copy_of=original or "?")
        name = f"{inject.serial} of {copy.copy_of}"
        self._played.sent[name] = copy
        self._played.copies.setdefault(backfill.nation, {})[original] = copy.message
        return name


def backfill_outcome(read: ListRead, expectation: Expectation) -> BackfillOutcome:
    """A list as it was read, against what it had to say."""
    wanted = {serial: [each.value for each in fates] for serial, fates in expectation.listed.items()}
    remarks = different_list(wanted, read.rows)
    return BackfillOutcome(
        serial=read.inject.serial,
        title=read.inject.title,
        nation=read.inject.nation,
        community=read.wanted.community,
        to=read.wanted.nation,
        rows=read.rows,
        as_expected=not remarks,
        remark="; ".join(remarks),
    )


def _row(item: Json, written: Mapping[str, str]) -> BackfillRow:
    left_out = item.get("left_out")
    fate = Fate.SENDS.value if item["sends"] else left_out or item["code"]
    return BackfillRow(
        inject=written.get(item["message_id"], ""),
        subject=item.get("subject", ""),
        marking=item["marking"],
        fate=fate,
        explanation=WHY[Fate(left_out)] if left_out else item["explanation"],
    )


def _taken(answer: Answer) -> Json:
    if not answer.accepted:
        detail = answer.body.get("detail", "")
        raise PartnerSystemError(f"the gateway refused the backfill: {answer.code}: {detail}")
    return answer.body
