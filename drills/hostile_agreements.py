"""Hostile acts on agreements: countersignatures forged in another nation's name, older versions replayed."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime

from bus.nation_office import agreement_act
from bus.protocol.agreements import agreement_digest, is_paper
from bus.protocol.sealing import seal
from bus.protocol.signing import PrivateSigningKey, Signer
from bus.protocol.subjects import Subject
from bus.protocol.trust_documents import SignedDocument, read_document
from bus.store import trust as trust_table
from bus.store.writer import Store
from drills.hostile import HostileActError, HostileActor, HostileResult
from drills.hostile_acts import Hostile, HostileAct
from schemas.agreement import ActKind, Agreement
from schemas.control import Control, TrustUpdate
from schemas.header import Mode, Precedence
from schemas.trust import KeyUse
from schemas.wire import Basis, ContentType, Lane, lane_of


@dataclass(frozen=True)
class _Misnamed:
    """A signer that says it is another key."""

    kid: str
    real: Signer

    @property
    def suite(self) -> str:
        return self.real.suite

    def sign(self, message: bytes) -> tuple[bytes, ...]:
        return self.real.sign(message)


class AgreementForger(HostileActor):
    """One nation's credentials in wrong hands, with what its gateway knows of its agreements."""

    async def act_on_agreement(
        self, hostile: Hostile, digest: str, message_id: str | None, content: bytes
    ) -> HostileResult:
        """Carry out an act on the agreement with this digest. HostileActError when it cannot be tried."""
        papers = await self._papers(digest)
        agreement = next((paper.document for paper in papers if isinstance(paper.document, Agreement)), None)
        if agreement is None:
            raise HostileActError(f"the gateway of {self._nation} has no such agreement")
        name = f"{agreement.id} version {agreement.version}"
        if hostile.act is HostileAct.REPLAY_AGREEMENT:
            for paper in papers:
                await self._send_papers(hostile, [paper.encoded])
            await self._rest_on(hostile, Basis(id=agreement.id, digest=digest), message_id, content)
            done = f"sent the papers of {name} again, and a message that rests on it"
            return HostileResult(stopped_by_broker=False, done=done)
        signer, how = self._signer(hostile)
        forged = agreement_act(
            agreement,
            digest,
            hostile.victim,
            ActKind.COUNTERSIGN,
            signer,
            number=1,
            now=datetime.now(UTC),
        )
        await self._send_papers(hostile, [forged.envelope])
        return HostileResult(
            stopped_by_broker=False, done=f"countersigned {name} for {hostile.victim} with {how}"
        )

    async def _papers(self, digest: str) -> list[SignedDocument]:
        """Every paper of an agreement that the nation's own gateway holds."""
        store = Store.open(self._loot.stores[self._nation], self._nation, self._loot.realm)
        try:
            envelopes = await store.read(trust_table.envelopes)
        finally:
            await store.close()
        found = [signed for signed in map(read_document, envelopes) if is_paper(signed)]
        return [signed for signed in found if agreement_digest(signed) == digest]

    def _signer(self, hostile: Hostile) -> tuple[Signer, str]:
        """Who signs for the victim, and what that is in words."""
        now = datetime.now(UTC)
        own = self._trust.current_key(self._nation, KeyUse.MESSAGE, Mode.OPERATION, now)
        signer = self._keys.signer(KeyUse.MESSAGE, Mode.OPERATION, own.kid)
        if hostile.act is HostileAct.COUNTERSIGN_WITH_OWN_KEY:
            return signer, "its own key"
        if hostile.act is HostileAct.COUNTERSIGN_WITH_NEW_KEY:
            return PrivateSigningKey.generate("standard"), "a key that nobody knows"
        victims = self._trust.current_key(hostile.victim, KeyUse.MESSAGE, Mode.OPERATION, now)
        return _Misnamed(
            victims.kid, signer
        ), f"a signature of its own under the name of {hostile.victim}'s key"

    async def _send_papers(self, hostile: Hostile, envelopes: list[bytes]) -> None:
        """Pass papers on as a gateway does: in the control lane, under the nation's own receipt key."""
        control = Control(
            v=1,
            control=TrustUpdate(type="trust_update", envelopes=tuple(each.decode() for each in envelopes)),
        )
        await self._send(hostile, Lane.CONTROL, None, control.encode(), ContentType.CONTROL, ())

    async def _rest_on(self, hostile: Hostile, basis: Basis, message_id: str | None, content: bytes) -> None:
        lane = lane_of(Precedence(json.loads(content)["header"]["precedence"]))
        await self._send(hostile, lane, message_id, content, ContentType.MESSAGE, (basis,))

    async def _send(
        self,
        hostile: Hostile,
        lane: Lane,
        message_id: str | None,
        content: bytes,
        content_type: ContentType,
        basis: tuple[Basis, ...],
    ) -> None:
        # A lane epoch of its own: serials of the nation's honest gateway are not to be in the way.
        epoch = 2**30 + int.from_bytes(os.urandom(3))
        sealed = self._prepared(
            hostile,
            lane,
            message_id,
            content,
            self._nation,
            self._trust,
            seal,
            content_type=content_type,
            basis=basis,
            lane_epoch=epoch,
        )
        await self._inject(Subject(self._nation, hostile.mode, lane, hostile.target).format(), sealed)
