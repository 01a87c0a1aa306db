"""The provider's keys (RFC 7517), and which of them an ID token names. Pure."""

from collections.abc import Collection
from typing import Any

import jwt

from gateways.oidc.errors import Fault, ProofRefused, ProviderFailed
from schemas.strict_json import JsonRefused, parse

MAX_KEY_SET = 128 * 1024
MOST_KEYS = 64

KeySet = tuple[dict[str, Any], ...]

_TYPE_OF = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_CURVE_OF = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519"}


class NoSuchKey(ProofRefused):
    """The set has no key that the token names: perhaps the provider has a new one."""

    def __init__(self) -> None:
        super().__init__(Fault.KEY_UNKNOWN)


def read_key_set(data: bytes) -> KeySet:
    """The keys of a set, not yet judged. Raises ProviderFailed."""
    try:
        found = parse(data, MAX_KEY_SET)
    except JsonRefused:
        raise ProviderFailed(Fault.NOT_JSON) from None
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= MOST_KEYS:
        raise ProviderFailed(Fault.KEYS_INVALID)
    if not all(isinstance(key, dict) for key in keys):
        raise ProviderFailed(Fault.KEYS_INVALID)
    return tuple(keys)


def key_for(keys: KeySet, kid: str | None, algorithm: str) -> jwt.PyJWK:
    """The one key that fits, bound to the algorithm. Raises NoSuchKey, ProofRefused."""
    fitting = [key for key in keys if _fits(key, algorithm) and (kid is None or key.get("kid") == kid)]
    if len(fitting) != 1:
        # None, or no telling which: several are never tried one after the other.
        raise NoSuchKey
    try:
        return jwt.PyJWK(fitting[0], algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        raise ProofRefused(Fault.KEY_UNKNOWN) from None


def _fits(key: dict[str, Any], algorithm: str) -> bool:
    return (
        key.get("kty") == _TYPE_OF[algorithm[:2]]
        and key.get("crv") == _CURVE_OF.get(algorithm)
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and _may_verify(key.get("key_ops", ["verify"]))
        and "d" not in key
    )


def _may_verify(operations: Any) -> bool:
    return isinstance(operations, Collection) and "verify" in operations
