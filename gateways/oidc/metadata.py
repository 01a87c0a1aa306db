"""What the provider publishes about itself (OpenID Connect Discovery 1.0, RFC 8414), read strictly. Pure."""

from dataclasses import dataclass
from typing import Any

from gateways.oidc.errors import Fault, ProviderFailed
from gateways.webhooks.target import TargetInvalid, read_target
from schemas.strict_json import JsonRefused, parse

WELL_KNOWN = "/.well-known/openid-configuration"
MAX_METADATA = 64 * 1024

Hosts = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is needed of it."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    names_itself: bool
    """Whether every way back names the issuer (RFC 9207)."""
    secret_in_body: bool
    """Whether the client secret is sent in the body, for want of HTTP Basic."""


def address_of_metadata(issuer: str) -> str:
    """Where an issuer's metadata stand."""
    return issuer.removesuffix("/") + WELL_KNOWN


def read_metadata(data: bytes, issuer: str, hosts: Hosts) -> Metadata:
    """The metadata, if they are this issuer's, lead to these hosts only and offer what is used.

    Raises ProviderFailed.
    """
    try:
        found = parse(data, MAX_METADATA)
    except JsonRefused:
        raise ProviderFailed(Fault.NOT_JSON) from None
    if not isinstance(found, dict):
        raise ProviderFailed(Fault.NOT_JSON)
    if found.get("issuer") != issuer:
        raise ProviderFailed(Fault.ISSUER_OTHER)
    places = {
        name: _address(found.get(name), hosts)
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    }
    if "code" not in _texts(found, "response_types_supported", ()):
        raise ProviderFailed(Fault.FLOW_UNSUPPORTED)
    # Some that support PKCE do not say so: it is used in any case, and so is the nonce.
    if "S256" not in _texts(found, "code_challenge_methods_supported", ("S256",)):
        raise ProviderFailed(Fault.FLOW_UNSUPPORTED)
    ways = _texts(found, "token_endpoint_auth_methods_supported", ("client_secret_basic",))
    return Metadata(
        **places,
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
        secret_in_body="client_secret_basic" not in ways and "client_secret_post" in ways,
    )


def _address(given: Any, hosts: Hosts) -> str:
    try:
        target = read_target(given) if isinstance(given, str) else None
    except TargetInvalid:
        target = None
    if target is None or not target.encrypted:
        raise ProviderFailed(Fault.METADATA_INVALID)
    if (target.host, target.port) not in hosts:
        raise ProviderFailed(Fault.HOST_FOREIGN)
    return str(given)


def _texts(found: dict[str, Any], name: str, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    given = found.get(name, otherwise)
    if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
        raise ProviderFailed(Fault.METADATA_INVALID)
    return tuple(given)
