"""Broker credentials: NATS user nkeys (Ed25519). Used for nothing but the connection to the broker."""

import base64
from dataclasses import dataclass, field

import nkeys


@dataclass(frozen=True)
class BrokerKey:
    """A user nkey: `seed` ("SU...") is secret, `public` ("U...") goes into the server's configuration."""

    public: str
    seed: str = field(repr=False)


def broker_key(entropy: bytes) -> BrokerKey:
    """The user nkey made of 32 random bytes (ValueError on any other length)."""
    if len(entropy) != 32:
        raise ValueError("a broker key needs exactly 32 bytes of entropy")
    seed: bytes = nkeys.encode_seed(entropy, nkeys.PREFIX_BYTE_USER)
    return broker_key_from_seed(seed.decode("ascii"))


def broker_key_from_seed(seed: str) -> BrokerKey:
    """The user nkey of a stored seed (ValueError when it is not one)."""
    text = seed.strip()
    try:
        pair = nkeys.from_seed(bytearray(text.encode("ascii")))
        public: str = pair.public_key.decode("ascii")
        # Made anew from its entropy, since the library that reads seeds does not look at their checksum.
        entropy = base64.b32decode(text + "======")[2:34]
        genuine: bytes = nkeys.encode_seed(entropy, nkeys.PREFIX_BYTE_USER)
    except (nkeys.NkeysError, UnicodeError, ValueError):
        raise ValueError("not a user nkey seed") from None
    if not public.startswith("U") or genuine.decode("ascii") != text:
        raise ValueError("not a user nkey seed")
    return BrokerKey(public=public, seed=text)
