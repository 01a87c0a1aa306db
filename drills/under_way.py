"""What was published and has not arrived yet: what is played next may have to wait for it."""

import asyncio
from collections.abc import Mapping

from drills.expectation import SETTLED
from drills.partner_system import PartnerSystem
from drills.played import Played
from drills.realm_play import RealmPlay
from schemas.reasons import ReasonCode

PATIENCE = 30.0
AHEAD_PATIENCE = 5.0
_POLL = 0.02


class UnderWay:
    """Serials of what was published, in order, until it has settled."""

    def __init__(self, partners: Mapping[str, PartnerSystem], played: Played, realm: RealmPlay) -> None:
        self._partners = partners
        self._played = played
        self._realm = realm
        self._ahead: set[str] = set()
        self._serials: list[str] = []

    def add(self, *serials: str) -> None:
        """These were published."""
        self._serials += serials

    def faulted(self) -> None:
        """A fault begins or ends: what gateways make ready ahead is waited for anew."""
        self._ahead.clear()

    async def has_arrived(self, serial: str, nation: str) -> None:
        """Whoever refers to a message has it: its author, or a nation whose inbox shows it.

        An attempt may quote what its nation never got; then there is nothing to wait for.
        """
        sent = self._played.sent[serial]
        codes = {row["nation"]: row["code"] for row in sent.answer["decisions"]}
        if codes.get(nation) == ReasonCode.DISPLAY_ONLY_PERMITTED.value:
            await self.settled()  # the nation's own system will never see it
        elif nation != sent.originator and nation in sent.answer["recipients"]:
            await self._partners[nation].wait_for(sent.originator, sent.message_of(nation).message_id)

    async def settled(self) -> None:
        """Wait until nothing that was published is under way: what changes now does not concern it."""
        until = asyncio.get_running_loop().time() + PATIENCE
        while self._realm.broker_runs and self._serials and asyncio.get_running_loop().time() < until:
            sent = self._played.sent[self._serials[0]]
            if sent.originator in self._realm.unreachable:
                self._serials.pop(0)
                continue
            shown = await self._partners[sent.originator].publication(sent.answer["publication_id"])
            if all(
                row["state"] in SETTLED or row["nation"] in self._realm.unreachable
                for row in shown["deliveries"]
            ):
                self._serials.pop(0)
            else:
                await asyncio.sleep(_POLL)
        self._serials = self._serials if not self._realm.broker_runs else []

    async def made_ready(self, partner: PartnerSystem, publication_id: str) -> None:
        """Without a broker a gateway makes few bundles ahead; what comes after them waits undecided.

        The first message of that time is waited for until it stands in one. It never does where others were
        ahead of it, lane heads for instance; then everything waits, which is as well.
        """
        if self._realm.broker_runs or partner.nation in self._ahead:
            return
        self._ahead.add(partner.nation)
        until = asyncio.get_running_loop().time() + AHEAD_PATIENCE
        while asyncio.get_running_loop().time() < until:
            shown = await partner.publication(publication_id)
            if all(row["attempts"] for row in shown["deliveries"]):
                return
            await asyncio.sleep(_POLL)
