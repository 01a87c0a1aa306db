"""What an ID token proves (OpenID Connect Core 1.0, section 3.1.3.7). Pure: keys and clock are handed in.

The signature is checked over the token's exact bytes; what those bytes say is then read once, strictly:

1. one key of the provider's, named by the token, bound to an algorithm that this gateway permits;
2. the signature;
3. `iss` is the issuer;
4. `aud` is this gateway and nobody besides;
5. `azp`, if there is one, is this gateway;
6. `exp` lies ahead, `iat` a short time back, `nbf` is past;
7. `nonce` is the transaction's;
8. `auth_time` lies within what was asked for;
9. `acr` is one of those asked for, if any were;
10. the claim that says who it is.
"""

import hmac
import math
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from gateways.oidc.errors import Fault, NotRecent, ProofRefused
from gateways.oidc.keys import KeySet, key_for
from schemas.strict_json import JsonRefused, parse

MAX_TOKEN = 16 * 1024
SKEW = timedelta(minutes=1)
"""How far the provider's clock may be from ours."""
ISSUED_WITHIN = timedelta(minutes=10)
"""An ID token is made when the code is exchanged, so it is new when it comes."""

_CODE = re.compile(r"[!-~]{1,100}", re.ASCII)
MOST_METHODS = 10


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token has to be."""

    issuer: str
    client_id: str
    nonce: str = field(repr=False)
    algorithms: Collection[str]
    claim: str
    """The claim that says who it is."""
    acr_values: Collection[str]
    authenticated_since: datetime
    fresh: bool
    """Whether the person was to be authenticated anew."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Who somebody is at the provider, since when, and how they were authenticated."""

    value: str = field(repr=False)
    auth_time: datetime
    acr: str | None
    amr: str | None
    """Methods, separated by spaces."""


def verify(token: str, keys: KeySet, expected: Expected, now: datetime) -> Proof:
    """What the token proves. Raises NoSuchKey, NotRecent, ProofRefused."""
    return _judged(_payload(token, keys, expected.algorithms), expected, now)


def _payload(token: str, keys: KeySet, algorithms: Collection[str]) -> dict[str, Any]:
    """What a verified token says."""
    if len(token) > MAX_TOKEN or not token.isascii():
        raise ProofRefused(Fault.TOKEN_MALFORMED)
    permitted = list(algorithms)
    signatures = jwt.PyJWS(algorithms=permitted, options={"enforce_minimum_key_length": True})
    try:
        header = signatures.get_unverified_header(token)
    except jwt.PyJWTError:
        raise ProofRefused(Fault.TOKEN_MALFORMED) from None
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in permitted:
        raise ProofRefused(Fault.ALGORITHM)
    # A token of another sort (for logging out, for access) is none of identity, whoever signed it.
    if str(header.get("typ", "JWT")).lower() != "jwt" or not (kid is None or isinstance(kid, str)):
        raise ProofRefused(Fault.TOKEN_MALFORMED)
    key = key_for(keys, kid, algorithm)  # 1
    try:
        payload = signatures.decode_complete(token, key, [algorithm])["payload"]  # 2
        claims = parse(payload, MAX_TOKEN)
    except jwt.InvalidKeyError:
        raise ProofRefused(Fault.KEY_UNKNOWN) from None
    except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
        raise ProofRefused(Fault.SIGNATURE) from None
    except (jwt.PyJWTError, JsonRefused):
        raise ProofRefused(Fault.TOKEN_MALFORMED) from None
    if not isinstance(claims, dict):
        raise ProofRefused(Fault.TOKEN_MALFORMED)
    return claims


def _judged(claims: dict[str, Any], expected: Expected, now: datetime) -> Proof:
    if claims.get("iss") != expected.issuer:  # 3
        raise ProofRefused(Fault.ISSUER)
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):  # 4
        raise ProofRefused(Fault.AUDIENCE)
    if claims.get("azp", expected.client_id) != expected.client_id:  # 5
        raise ProofRefused(Fault.AUTHORIZED_PARTY)
    _check_times(claims, now)  # 6
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):  # 7
        raise ProofRefused(Fault.NONCE)
    auth_time = _checked_auth_time(claims, expected, now)  # 8
    acr = claims.get("acr")
    if expected.acr_values and acr not in expected.acr_values:  # 9
        raise ProofRefused(Fault.CONTEXT)
    return Proof(_who(claims, expected.claim), auth_time, _code(acr), _methods(claims.get("amr")))  # 10


def _check_times(claims: dict[str, Any], now: datetime) -> None:
    expires, issued = _time(claims, "exp"), _time(claims, "iat")
    if expires is None or issued is None:
        raise ProofRefused(Fault.TIME)
    if expires <= now - SKEW:
        raise ProofRefused(Fault.EXPIRED)
    not_before = _time(claims, "nbf") or issued
    if not now - ISSUED_WITHIN <= issued <= now + SKEW or not_before > now + SKEW:
        raise ProofRefused(Fault.TIME)


def _checked_auth_time(claims: dict[str, Any], expected: Expected, now: datetime) -> datetime:
    auth_time = _time(claims, "auth_time")
    if auth_time is None or auth_time > now + SKEW:
        raise ProofRefused(Fault.AUTH_TIME)
    if auth_time < expected.authenticated_since - SKEW:
        raise NotRecent(Fault.TOO_LONG_AGO) if expected.fresh else ProofRefused(Fault.TOO_LONG_AGO)
    return min(auth_time, now)


def _time(claims: dict[str, Any], name: str) -> datetime | None:
    """A NumericDate (RFC 7519), or None where there is none."""
    given = claims.get(name)
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given < 2**35:
        raise ProofRefused(Fault.TIME)
    return datetime.fromtimestamp(math.floor(given), UTC)


def _who(claims: dict[str, Any], claim: str) -> str:
    given = claims.get(claim)
    if not isinstance(given, str) or not 0 < len(given) <= 255 or not given.isprintable():
        raise ProofRefused(Fault.SUBJECT)
    # Whoever may write any address into their account is not whom the address belongs to.
    if claim == "email" and claims.get("email_verified") is not True:
        raise ProofRefused(Fault.SUBJECT)
    if claim == "phone_number" and claims.get("phone_number_verified") is not True:
        raise ProofRefused(Fault.SUBJECT)
    return given


def _code(given: Any) -> str | None:
    """A word for the audit log; what is none is left out."""
    return given if isinstance(given, str) and _CODE.fullmatch(given) else None


def _methods(given: Any) -> str | None:
    if not isinstance(given, list):
        return None
    words = [word for each in given[:MOST_METHODS] if (word := _code(each)) is not None]
    return " ".join(words)[:200].strip() or None
