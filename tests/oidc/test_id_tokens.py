"""ID tokens and keys that are wrong, each in one way: nothing is proven."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from gateways.oidc.errors import Fault, OidcRefused, ProofRefused
from tests.oidc.conftest import Counter, made_counter, way_back
from tests.oidc.own_provider import (
    CLIENT,
    KEYS,
    Json,
    OwnProvider,
    parameters,
    said,
)


def _hs256(provider: OwnProvider, claims: Json) -> str:
    """Key confusion: the public key, which everybody knows, taken for a shared secret."""
    secret = provider.signing.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = _with_header(claims, "HS256", provider.kid).rpartition(".")[0]
    return f"{signed}.{_part(hmac.digest(secret, signed.encode(), 'sha256'))}"


def _stranger(provider: OwnProvider, claims: Json, **header: Any) -> str:
    return jwt.encode(
        claims, ec.generate_private_key(ec.SECP256R1()), "ES256", {"kid": provider.kid} | header
    )


def _own_key_in_header(provider: OwnProvider, claims: Json) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return jwt.encode(claims, key, "ES256", {"kid": provider.kid, "jwk": public})


def _changed(provider: OwnProvider, claims: Json) -> str:
    head, _, signature = provider.token(claims).split(".")
    _, body, _ = provider.token(claims | {"sub": "5678"}).split(".")
    return ".".join((head, body, signature))


def _twice(provider: OwnProvider, claims: Json) -> str:
    body = json.dumps(claims)[:-1] + ', "sub": "5678"}'
    return jwt.api_jws.PyJWS().encode(body.encode(), provider.signing, "ES256", {"kid": provider.kid})


def _with_header(claims: Json, alg: str, kid: Any) -> str:
    """A token that the library would not make."""
    header = {"alg": alg, "kid": kid}
    return ".".join((*(_part(json.dumps(each).encode()) for each in (header, claims)), "AAAA"))


def _part(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _nested(depth: int) -> Any:
    return [_nested(depth - 1)] if depth else []


TOKENS: list[tuple[str, Callable[[OwnProvider, Json], str], Fault]] = [
    ("no algorithm", lambda p, c: jwt.encode(c, "", "none"), Fault.ALGORITHM),
    ("the public key as a shared secret", _hs256, Fault.ALGORITHM),
    ("another algorithm than the key's", lambda p, c: _with_header(c, "ES384", p.kid), Fault.KEY_UNKNOWN),
    ("a stranger's key under the provider's name", _stranger, Fault.SIGNATURE),
    ("a stranger's key in the header", _own_key_in_header, Fault.SIGNATURE),
    ("a stranger's key at an address", lambda p, c: _stranger(p, c, jku="https://evil.example/keys"),
     Fault.SIGNATURE),
    ("a key that is not there", lambda p, c: p.token(c, kid="key-2"), Fault.KEY_UNKNOWN),
    ("a key's name that is no text", lambda p, c: _with_header(c, "ES256", 7), Fault.TOKEN_MALFORMED),
    ("the claims changed", _changed, Fault.SIGNATURE),
    ("a claim twice", _twice, Fault.TOKEN_MALFORMED),
    ("no signature", lambda p, c: p.token(c).rpartition(".")[0] + ".", Fault.SIGNATURE),
    ("a critical extension", lambda p, c: p.token(c, crit=["exp"]), Fault.TOKEN_MALFORMED),
    ("a token for logging out", lambda p, c: p.token(c, typ="logout+jwt"), Fault.TOKEN_MALFORMED),
    ("a token for access", lambda p, c: p.token(c, typ="at+jwt"), Fault.TOKEN_MALFORMED),
    ("nothing", lambda p, c: "", Fault.TOKEN_MALFORMED),
    ("an encrypted token", lambda p, c: "a.b.c.d.e", Fault.TOKEN_MALFORMED),
    ("a long token", lambda p, c: p.token(c | {"x": "x" * 20_000}), Fault.TOKEN_MALFORMED),
    ("a nested token", lambda p, c: p.token(c | {"x": _nested(40)}),
     Fault.TOKEN_MALFORMED),
]  # fmt: skip


@pytest.mark.parametrize(("made", "fault"), [pytest.param(*case[1:], id=case[0]) for case in TOKENS])
async def test_no_token_but_the_providers_own_proves_anything(
    counter: Counter, made: Callable[[OwnProvider, Json], str], fault: Fault
) -> None:
    begun = await counter.begin()
    asked = parameters(begun.authorization_url)
    token = made(counter.provider, counter.provider.claims(counter.desk.at, nonce=asked["nonce"]))
    with pytest.raises(ProofRefused) as failed:
        await counter.finish(way_back(begun, counter.provider.give(asked, token)))
    assert failed.value.fault is fault


def _at(seconds: float) -> Callable[[int], float]:
    return lambda now: now + seconds


CLAIMS: list[tuple[str, Json, Fault]] = [
    ("another issuer", {"iss": "https://evil.example"}, Fault.ISSUER),
    ("the issuer with a slash behind", {"iss": "slash"}, Fault.ISSUER),
    ("no issuer", {"iss": None}, Fault.ISSUER),
    ("another audience", {"aud": "another-client"}, Fault.AUDIENCE),
    ("no audience", {"aud": None}, Fault.AUDIENCE),
    ("another audience besides", {"aud": [CLIENT, "another-client"]}, Fault.AUDIENCE),
    ("an empty audience", {"aud": []}, Fault.AUDIENCE),
    ("given to another client", {"azp": "another-client"}, Fault.AUTHORIZED_PARTY),
    ("expired", {"exp": _at(-61)}, Fault.EXPIRED),
    ("no end", {"exp": None}, Fault.TIME),
    ("an end that is text", {"exp": "2099-01-01"}, Fault.TIME),
    ("an end beyond reach", {"exp": 10**15}, Fault.TIME),
    ("an end that is true", {"exp": True}, Fault.TIME),
    ("made long ago", {"iat": _at(-700)}, Fault.TIME),
    ("made in the future", {"iat": _at(90)}, Fault.TIME),
    ("not made at all", {"iat": None}, Fault.TIME),
    ("good only later", {"nbf": _at(90)}, Fault.TIME),
    ("another sign-in's nonce", {"nonce": "A" * 43}, Fault.NONCE),
    ("no nonce", {"nonce": None}, Fault.NONCE),
    ("a nonce that is no text", {"nonce": ["A"]}, Fault.NONCE),
    ("no word of when the person was authenticated", {"auth_time": None}, Fault.AUTH_TIME),
    ("authenticated in the future", {"auth_time": _at(90)}, Fault.AUTH_TIME),
    ("authenticated yesterday", {"auth_time": _at(-86_400)}, Fault.TOO_LONG_AGO),
    ("nobody", {"sub": None}, Fault.SUBJECT),
    ("an empty name", {"sub": ""}, Fault.SUBJECT),
    ("a name that is a number", {"sub": 1234}, Fault.SUBJECT),
    ("a name that is a list", {"sub": ["1234"]}, Fault.SUBJECT),
    ("a name with a line's end", {"sub": "1234\n"}, Fault.SUBJECT),
    ("a long name", {"sub": "1" * 256}, Fault.SUBJECT),
]


@pytest.mark.parametrize(("claims", "fault"), [pytest.param(*case[1:], id=case[0]) for case in CLAIMS])
async def test_no_claim_may_be_wrong(counter: Counter, claims: Json, fault: Fault) -> None:
    now = int(counter.desk.at.timestamp())
    given = {name: value(now) if callable(value) else value for name, value in claims.items()}
    if given.get("iss") == "slash":
        given["iss"] = counter.provider.url + "/"
    begun = await counter.begin()
    back = counter.back(begun, **given)
    with pytest.raises(ProofRefused) as failed:
        await counter.finish(back)
    assert failed.value.fault is fault


async def test_clocks_may_differ_a_little_and_times_may_have_fractions(counter: Counter) -> None:
    now = counter.desk.at.timestamp()
    issued = await counter.signed_in(exp=now - 30.5, iat=now + 30.5, auth_time=now + 30, nbf=now + 30)
    assert issued.signed_in.fresh_at == counter.desk.at, "never in the future"


@pytest.mark.parametrize("aud", [CLIENT, [CLIENT]], ids=["as text", "as a list of one"])
async def test_an_audience_of_one_has_two_forms(counter: Counter, aud: Any) -> None:
    assert (await counter.signed_in(aud=aud, azp=CLIENT)).signed_in.operator.name == "anna"


async def test_a_way_of_authenticating_can_be_demanded(counter: Counter) -> None:
    values = "urn:example:gold urn:example:silver"
    strict = made_counter(counter.desk, counter.provider, oidc_acr_values=values)
    url = (await strict.begin()).authorization_url
    assert parameters(url)["acr_values"] == values
    await strict.signed_in(acr="urn:example:gold")
    for acr in ("urn:example:bronze", None, ["urn:example:gold"], ""):
        with pytest.raises(ProofRefused, match="CONTEXT"):
            await strict.signed_in(acr=acr)


async def test_words_about_the_authentication_that_are_none_are_left_out(counter: Counter) -> None:
    issued = await counter.signed_in(acr="with\nline", amr=["pwd", 7, "a b", "\u202e", *["otp"] * 50])
    assert issued.signed_in.operator.name == "anna"
    entries = await counter.desk.store.read(
        lambda tx: tx.execute("SELECT record FROM audit ORDER BY audit_seq").fetchall()
    )
    record = json.loads(entries[-1][0])
    assert "acr" not in record
    assert record["amr"] == "pwd" + " otp" * 6


KINDS_OF_KEY: list[tuple[str, Callable[[], tuple[Any, Json]]]] = [
    ("RS256", lambda: _pair(rsa.generate_private_key(65537, 2048), RSAAlgorithm)),
    ("PS256", lambda: _pair(rsa.generate_private_key(65537, 2048), RSAAlgorithm)),
    ("ES384", lambda: _pair(ec.generate_private_key(ec.SECP384R1()), ECAlgorithm)),
    ("EdDSA", lambda: _pair(ed25519.Ed25519PrivateKey.generate(), OKPAlgorithm)),
]


def _pair(key: Any, kind: Any) -> tuple[Any, Json]:
    return key, kind.to_jwk(key.public_key(), as_dict=True)


@pytest.mark.parametrize(("algorithm", "made"), KINDS_OF_KEY, ids=[name for name, _ in KINDS_OF_KEY])
async def test_every_algorithm_that_is_permitted_serves(
    counter: Counter, algorithm: str, made: Callable[[], tuple[Any, Json]]
) -> None:
    key, public = made()
    counter.provider.answers[KEYS] = lambda *_: said({"keys": [counter.provider.public_key, public]})
    begun = await counter.begin()
    asked = parameters(begun.authorization_url)
    token = jwt.encode(counter.provider.claims(counter.desk.at, nonce=asked["nonce"]), key, algorithm)
    issued = await counter.finish(way_back(begun, counter.provider.give(asked, token)))
    assert issued.signed_in.operator.name == "anna"


SETS: list[tuple[str, Callable[[Json], Any], Fault]] = [
    ("two keys of one name", lambda k: {"keys": [k, k]}, Fault.KEY_UNKNOWN),
    ("a key for encrypting", lambda k: {"keys": [k | {"use": "enc"}]}, Fault.KEY_UNKNOWN),
    ("a key that only signs", lambda k: {"keys": [k | {"key_ops": ["sign"]}]}, Fault.KEY_UNKNOWN),
    ("a key of another algorithm", lambda k: {"keys": [k | {"alg": "ES384"}]}, Fault.KEY_UNKNOWN),
    ("a key off its curve", lambda k: {"keys": [k | {"x": k["y"]}]}, Fault.KEY_UNKNOWN),
    ("half a key", lambda k: {"keys": [{n: v for n, v in k.items() if n != "y"}]}, Fault.KEY_UNKNOWN),
    ("a private key", lambda k: {"keys": [k | {"d": k["x"]}]}, Fault.KEY_UNKNOWN),
    (
        "a shared secret",
        lambda k: {"keys": [{"kty": "oct", "k": "AAAA", "kid": k["kid"]}]},
        Fault.KEY_UNKNOWN,
    ),
    ("no keys", lambda k: {"keys": []}, Fault.KEYS_INVALID),
    ("no list", lambda k: {"keys": k}, Fault.KEYS_INVALID),
    ("a list alone", lambda k: [k], Fault.KEYS_INVALID),
    ("a key that is text", lambda k: {"keys": ["key"]}, Fault.KEYS_INVALID),
    ("a thousand keys", lambda k: {"keys": [{"kid": str(n)} for n in range(1000)]}, Fault.KEYS_INVALID),
    ("a huge set", lambda k: {"keys": [k | {"x5c": ["A" * 200_000]}]}, Fault.TOO_LARGE),
]


@pytest.mark.parametrize(("keys", "fault"), [pytest.param(*case[1:], id=case[0]) for case in SETS])
async def test_no_odd_set_of_keys_proves_anything(
    counter: Counter, keys: Callable[[Json], Any], fault: Fault
) -> None:
    counter.provider.answers[KEYS] = lambda *_: said(keys(counter.provider.public_key))
    with pytest.raises(OidcRefused) as failed:
        await counter.signed_in()
    assert failed.value.fault is fault


async def test_a_short_rsa_key_proves_nothing(counter: Counter) -> None:
    key = rsa.generate_private_key(65537, 1024)
    public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    counter.provider.answers[KEYS] = lambda *_: said({"keys": [public]})
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        token = jwt.encode(counter.provider.claims(), key, "RS256")
    begun = await counter.begin()
    back = way_back(begun, counter.provider.give(parameters(begun.authorization_url), token))
    with pytest.raises(ProofRefused, match="KEY_UNKNOWN"):
        await counter.finish(back)
