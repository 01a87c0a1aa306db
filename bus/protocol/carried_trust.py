"""Trust documents in a control bundle that has to be held for what it is signed with.

A nation that replaces or revokes its receipt key announces that under a key which partners do not know
yet, or not any more. Trust documents prove themselves, whoever passes them on, so they alone are read from
such a bundle; nothing else in it is acted on before its signature verifies.
"""

from bus.protocol.errors import BundleRefused, ProtocolError
from bus.protocol.frame import read_deliveries
from bus.protocol.opening import MAX_ROOT_BYTES, unseal
from bus.protocol.sealing import Unsealer
from bus.protocol.trust import TrustStore
from schemas.control import Control, TrustUpdate
from schemas.reasons import ReasonCode
from schemas.strict_json import JsonRefused, parse_model
from schemas.wire import MAX_CONTENT_BYTES, Lane, Root

HELD_FOR_TRUST = frozenset(
    {
        ReasonCode.ORIGINATOR_UNKNOWN,
        ReasonCode.ORIGINATOR_SUSPENDED,
        ReasonCode.KEY_UNKNOWN,
        ReasonCode.KEY_REVOKED,
        ReasonCode.KEY_EXPIRED,
        ReasonCode.KEY_NOT_YET_VALID,
    }
)
"""Reasons for holding a bundle that newer trust documents may settle."""


def carried_trust_documents(
    sealed: bytes, subject: str, *, me: str, trust: TrustStore, keyring: Unsealer
) -> tuple[bytes, ...]:
    """The DSSE envelopes of every ``trust_update`` in a control bundle; () when it cannot be read."""
    try:
        unsealed = unseal(sealed, subject, me=me, trust=trust, keyring=keyring)
        if unsealed.header.lane is not Lane.CONTROL:
            return ()
        root = parse_model(Root, unsealed.envelope.payload, MAX_ROOT_BYTES)
        framed = read_deliveries(unsealed.rest, root.depth, root.hash)
    except (BundleRefused, ProtocolError, JsonRefused):
        return ()
    documents: list[bytes] = []
    for item in framed:
        try:
            control = parse_model(Control, item.content, MAX_CONTENT_BYTES).control
        except JsonRefused:
            continue
        if isinstance(control, TrustUpdate):
            documents += [text.encode() for text in control.envelopes]
    return tuple(documents)
