"""Hostile actors of a drill: what can be tried with a nation's stolen keys and broker credentials.

The only part of the drills that goes past the gateways' HTTP APIs. It plays fair with nobody: it takes a real
nation's key file and puts on the broker what no honest gateway would.
"""

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from bus.keystore import NationKeys
from bus.nats_config import pull_subject
from bus.ports import OutboundBundle
from bus.protocol.outbound import Outgoing, content_digest, prepare
from bus.protocol.seal_header import HEADER_LENGTH, SealHeader
from bus.protocol.sealing import Sealer, SealPublicKey, open_sealed, seal
from bus.protocol.subjects import Subject, consumer_name
from bus.protocol.suites import seal_suite_named
from bus.protocol.trust import TrustStore
from bus.protocol.trust_documents import public_bytes
from bus.provisioning import read_last
from bus.transport import NatsTransport
from bus.trust_bundle import read_bundle
from drills.hostile_acts import Hostile, HostileAct
from schemas.header import Mode
from schemas.trust import KeyUse
from schemas.wire import Basis, ContentType, Lane

PATIENCE = 15.0
SILENCE = 1.0
"""Seconds after which a question that the broker would have answered at once counts as cut off by it."""
_NO_STREAM_ENDS_HERE = 2**53
FLOOD = 150
"""More in a minute than a lane brings that is not flooded."""
GARBAGE_OCTETS = 300


class HostileActError(Exception):
    """The act could not even be tried."""


@dataclass(frozen=True)
class Loot:
    """What was stolen: where the broker is, the public trust documents, nations' key files and stores."""

    nats_url: str
    realm: str
    trust_dir: Path
    keys_files: Mapping[str, Path]
    stores: Mapping[str, Path]
    hub_seed: str = ""
    """The credentials of whoever runs the hub."""


@dataclass(frozen=True)
class HostileResult:
    """Whether the broker itself stopped the act, and what was done, in a sentence."""

    stopped_by_broker: bool
    done: str


def flipped(sealed: bytes, act: HostileAct) -> bytes:
    """The bundle, with an octet flipped where the act says."""
    if act is HostileAct.REPLAY:
        return sealed
    # An octet of the bundle's id contradicts nothing: the seal alone covers it.
    in_id = sealed.index(SealHeader.decode(sealed[:HEADER_LENGTH]).bundle_id)
    place = in_id if act is HostileAct.TAMPER_HEADER else (HEADER_LENGTH + len(sealed)) // 2
    return sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]


class HostileActor:
    """One nation's credentials in wrong hands."""

    def __init__(self, nation: str, loot: Loot) -> None:
        self._nation = nation
        self._loot = loot
        self._keys = NationKeys.load(loot.keys_files[nation])
        self._trust = TrustStore.open(loot.realm, read_bundle(loot.trust_dir))

    async def act(self, hostile: Hostile, message_id: str | None, content: bytes) -> HostileResult:
        """Carry out an act that needs no more than credentials and perhaps an earlier message's content."""
        lane = Lane.NORMAL
        match hostile.act:
            case HostileAct.PUBLISH_AS_OTHER:
                subject = Subject(hostile.victim, hostile.mode, lane, hostile.target).format()
                return await self._ask_broker(subject, b"", f"published on {subject}")
            case HostileAct.READ_OTHERS_MAIL:
                consumer = consumer_name(hostile.victim, lane)
                question = b'{"batch":1,"no_wait":true}'
                return await self._ask_broker(
                    pull_subject(consumer), question, f"asked for the mail of {hostile.victim}"
                )
            case HostileAct.FORGE_ORIGINATOR:
                sealed = self._forged(hostile, lane, message_id, content, header_names=hostile.victim)
                done = f"sent a bundle that names {hostile.victim} on its own subject"
            case HostileAct.FORGE_SIGNATURE:
                sealed = self._forged(hostile, lane, message_id, content, header_names=self._nation)
                done = f"sent a root and deliveries of {hostile.victim} signed with its own key"
            case HostileAct.FLOOD:
                subject = Subject(self._nation, hostile.mode, lane, hostile.target).format()
                await self._inject(subject, *(os.urandom(GARBAGE_OCTETS) for _ in range(FLOOD)))
                return HostileResult(stopped_by_broker=False, done=f"sent {FLOOD} bundles of garbage")
            case HostileAct.FORWARD_AS_OWN:
                sealed = self._forwarded(hostile, lane, message_id, content)
                done = f"forwarded a message of {hostile.victim} in a delivery of its own"
            case _:
                raise HostileActError(f"{hostile.act} has a method of its own")
        await self._inject(Subject(self._nation, hostile.mode, lane, hostile.target).format(), sealed)
        return HostileResult(stopped_by_broker=False, done=done)

    async def reseal(
        self, hostile: Hostile, lane: Lane, publish: Callable[[], Awaitable[None]]
    ) -> HostileResult:
        """Take the bundle that `publish` causes out of one's own mailbox; seal its frame for a third nation.

        The nation's own gateway must be away, and gets the bundle when it is back: it is not acknowledged.
        """
        transport = NatsTransport([self._loot.nats_url], self._nation, self._keys.nkey_seed)
        async with transport:
            await transport.wait_connected(PATIENCE)
            await publish()
            bundles = await transport.mailbox(lane).fetch(1, PATIENCE)
            if not bundles:
                raise HostileActError(f"no bundle for {self._nation} came within {PATIENCE:.0f} s")
            sealed = bundles[0].payload
        header = SealHeader.decode(sealed[:HEADER_LENGTH])
        key = self._keys.keyring.private_key(header.seal_kid)
        if key is None:
            raise HostileActError("the bundle is not for a seal key at hand")
        frame = open_sealed(sealed[:HEADER_LENGTH], key, sealed[HEADER_LENGTH:])
        header_bytes, target_key = self._header(hostile, lane, self._nation)
        subject = Subject(self._nation, hostile.mode, lane, hostile.target).format()
        await self._inject(subject, seal(header_bytes, target_key, frame))
        done = f"opened its copy and sealed the frame signed by {hostile.victim} for {hostile.target}"
        return HostileResult(stopped_by_broker=False, done=done)

    async def copied(self, hostile: Hostile, lane: Lane) -> bytes:
        """What this nation sent last to the target in a lane, read at the hub."""
        subject = Subject(self._nation, hostile.mode, lane, hostile.target).format()
        sealed = await read_last([self._loot.nats_url], self._loot.hub_seed, subject)
        if sealed is None:
            raise HostileActError(f"the hub holds nothing under {subject}")
        return sealed

    async def publish_copy(self, hostile: Hostile, lane: Lane, sealed: bytes) -> HostileResult:
        """Publish such a bundle once more, as it was or tampered with."""
        subject = Subject(self._nation, hostile.mode, lane, hostile.target).format()
        await self._inject(subject, flipped(sealed, hostile.act))
        how = "as it was" if hostile.act is HostileAct.REPLAY else "with an octet flipped"
        done = f"published a bundle of {self._nation} again, {how}, with its credentials"
        return HostileResult(stopped_by_broker=False, done=done)

    def _forged(
        self, hostile: Hostile, lane: Lane, message_id: str | None, content: bytes, *, header_names: str
    ) -> bytes:
        """A bundle whose root and deliveries name the victim, signed with our key, under another header."""
        # prepare() never signs for another nation: so it is shown a trust store in which the victim is us.
        own = self._trust.nations[self._nation]
        doctored = replace(
            self._trust, nations=MappingProxyType({**self._trust.nations, hostile.victim: own})
        )

        def sealed_otherwise(header_bytes: bytes, public_key: SealPublicKey, frame: bytes) -> bytes:
            other_header, _ = self._header(hostile, lane, header_names)
            return seal(other_header, public_key, frame)

        return self._prepared(hostile, lane, message_id, content, hostile.victim, doctored, sealed_otherwise)

    def _forwarded(self, hostile: Hostile, lane: Lane, message_id: str | None, content: bytes) -> bytes:
        """A delivery that is ours in every respect, of a message that is not."""
        return self._prepared(hostile, lane, message_id, content, self._nation, self._trust, seal)

    def _prepared(
        self,
        hostile: Hostile,
        lane: Lane,
        message_id: str | None,
        content: bytes,
        originator: str,
        trust: TrustStore,
        sealer: Sealer,
        *,
        content_type: ContentType = ContentType.MESSAGE,
        basis: tuple[Basis, ...] = (),
        lane_epoch: int = 1,
    ) -> bytes:
        now = datetime.now(UTC)
        use = KeyUse.RECEIPT if lane is Lane.CONTROL else KeyUse.MESSAGE
        current = self._trust.current_key(self._nation, use, hostile.mode, now)
        signer = self._keys.signer(use, hostile.mode, current.kid)
        outgoing = Outgoing(
            ref=0,
            recipient=hostile.target,
            lane=lane,
            lane_epoch=lane_epoch,
            serial=1,
            content_type=content_type.value,
            content=content,
            content_digest=content_digest(content, signer.suite),
            message_id=message_id,
            basis=basis,
        )
        (bundle,) = prepare(
            [outgoing],
            mode=hostile.mode,
            originator=originator,
            trust=trust,
            signer=signer,
            sealer=sealer,
            now=now,
            randomness=os.urandom,
        )
        return bundle.sealed

    def _header(self, hostile: Hostile, lane: Lane, originator: str) -> tuple[bytes, SealPublicKey]:
        """A seal header of choice for the target, and the target's public seal key."""
        entry = self._trust.current_key(hostile.target, KeyUse.SEAL, hostile.mode, datetime.now(UTC))
        suite = seal_suite_named(entry.suite.value)
        header = SealHeader(
            suite=suite.suite_id,
            mode=hostile.mode,
            lane=lane,
            realm=bytes.fromhex(self._loot.realm.removeprefix("sha256:")),
            originator=originator,
            recipient=hostile.target,
            seal_kid=bytes.fromhex(entry.kid),
            bundle_id=os.urandom(16),
        )
        return header.encode(), SealPublicKey.from_public_bytes(suite.suite_id, public_bytes(entry))

    async def _ask_broker(self, subject: str, payload: bytes, done: str) -> HostileResult:
        """Ask the broker something that it answers at once to whoever may ask."""
        transport = NatsTransport(
            [self._loot.nats_url], self._nation, self._keys.nkey_seed, answer_seconds=SILENCE
        )
        async with transport:
            await transport.wait_connected(PATIENCE)
            # First a question of the same kind that is allowed: silence must not be the broker's mood.
            allowed = Subject(self._nation, Mode.TEST, Lane.CONTROL, self._nation).format()
            probe = await transport.publisher.publish_window(
                [OutboundBundle(allowed, b"")], _NO_STREAM_ENDS_HERE
            )
            if probe.actual_last is None:
                raise HostileActError("the broker does not answer its own nation")
            result = await transport.publisher.publish_window(
                [OutboundBundle(subject, payload)], _NO_STREAM_ENDS_HERE
            )
        silent = result.error is not None and str(result.error).startswith("no answer")
        return HostileResult(stopped_by_broker=silent and result.stored == 0, done=done)

    async def _inject(self, subject: str, *sealed: bytes) -> None:
        """Put bundles on the broker under our own credentials, wherever our stream ends."""
        left = [OutboundBundle(subject, each) for each in sealed]
        async with NatsTransport([self._loot.nats_url], self._nation, self._keys.nkey_seed) as transport:
            await transport.wait_connected(PATIENCE)
            expected = _NO_STREAM_ENDS_HERE
            # Our gateway publishes at the same time: try again behind what it stored meanwhile.
            for _ in range(20):
                result = await transport.publisher.publish_window(left, expected)
                left = left[result.stored :]
                if not left:
                    return
                if result.actual_last is None:
                    break
                expected = result.actual_last
        raise HostileActError("the broker did not take the bundles")
