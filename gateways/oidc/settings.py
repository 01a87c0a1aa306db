"""A gateway's settings of its nation's identity provider, and of whether passwords serve beside it."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_settings import BaseSettings

from gateways.loopback import is_loopback
from gateways.webhooks.target import Target, read_target

ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Ways of signing in which whoever checks cannot sign. There is no setting for any other."""
MOST_REDIRECTS = 32

Listed = Annotated[str, StringConstraints(max_length=8000)]


class OidcSettings(BaseSettings):
    """Settings named ``oidc_...``. Without ``oidc_issuer`` there is no identity provider."""

    operator_passwords: bool = Field(
        True, description="Whether operators sign in with passwords; false needs an identity provider."
    )
    oidc_issuer: str | None = Field(
        None, description="OpenID Connect issuer where operators may sign in, exactly as it writes itself."
    )
    oidc_name: str = Field(
        "", max_length=60, description="What people call the identity provider; else the issuer's host."
    )
    oidc_client_id: Annotated[str, StringConstraints(pattern=r"^[ -~]{1,255}$")] | None = Field(
        None, description="This gateway's client id at the identity provider."
    )
    oidc_client_secret_file: Path | None = Field(
        None, description="File with the client secret that goes with it; a public client has none."
    )
    oidc_redirect_uris: Listed = Field(
        "",
        description="Addresses of consoles to which the identity provider may send people back, "
        "separated by spaces.",
    )
    oidc_scopes: Annotated[str, StringConstraints(pattern=r"^[!#-\[\]-~ ]{1,255}$")] = Field(
        "openid", description="Scopes that are asked for; openid always is."
    )
    oidc_operator_claim: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/-]{1,128}$")] = Field(
        "sub",
        description="Claim of the ID token whose value stands for an operator (entente operator identity).",
    )
    oidc_acr_values: Annotated[str, StringConstraints(pattern=r"^[!-~ ]{0,500}$")] = Field(
        "",
        description="Ways of authenticating (acr), separated by spaces; the ID token must name one of them.",
    )
    oidc_algorithms: Listed = Field(
        "RS256,PS256,ES256,ES384,EdDSA",
        description="How ID tokens may be signed, separated by commas; asymmetric algorithms only.",
    )
    oidc_further_hosts: Listed = Field(
        "",
        description="Hosts beside the issuer's own that its metadata may lead to: host or host:port, "
        "separated by commas.",
    )
    oidc_ca_file: Path | None = Field(
        None,
        description="PEM certificates of further authorities that the provider's certificate may rest on.",
    )
    oidc_timeout_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        10, description="Time for one request to the identity provider."
    )

    @field_validator("oidc_algorithms")
    @classmethod
    def _asymmetric(cls, given: str) -> str:
        chosen = listed(given, ",")
        if not chosen or not set(chosen) <= set(ASYMMETRIC):
            raise ValueError("name some of " + ", ".join(ASYMMETRIC))
        return given

    @field_validator("oidc_scopes")
    @classmethod
    def _openid(cls, given: str) -> str:
        if "openid" not in given.split():
            raise ValueError("openid is among the scopes")
        return given

    @field_validator("oidc_redirect_uris")
    @classmethod
    def _redirects(cls, given: str) -> str:
        for uri in given.split():
            where = read_target(uri)
            if not where.encrypted and not is_loopback(where.host):
                raise ValueError("people are sent back to https addresses, or to loopback")
        if len(given.split()) > MOST_REDIRECTS:
            raise ValueError(f"there are at most {MOST_REDIRECTS} redirect addresses")
        return given

    @field_validator("oidc_further_hosts")
    @classmethod
    def _hosts(cls, given: str) -> str:
        for host in listed(given, ","):
            read_target(f"https://{host}/")
        return given

    @field_validator("oidc_issuer")
    @classmethod
    def _encrypted(cls, given: str | None) -> str | None:
        if given is not None and (not read_target(given).encrypted or "?" in given):
            raise ValueError("an issuer is an https address without parameters")
        return given

    @model_validator(mode="after")
    def _together(self) -> Self:
        given = (self.oidc_issuer is not None, self.oidc_client_id is not None, bool(self.oidc_redirect_uris))
        if len(set(given)) > 1:
            raise ValueError("oidc_issuer, oidc_client_id and oidc_redirect_uris go together")
        if self.oidc_issuer is None and self.oidc_client_secret_file is not None:
            raise ValueError("oidc_client_secret_file goes with oidc_issuer")
        if self.oidc_issuer is None and not self.operator_passwords:
            raise ValueError("without passwords and without an identity provider nobody could sign in")
        return self


def listed(text: str, separator: str) -> tuple[str, ...]:
    """What stands in a list of a setting."""
    return tuple(part.strip() for part in text.split(separator) if part.strip())


def allowed_hosts(settings: OidcSettings) -> frozenset[tuple[str, int]]:
    """Host and port of everything that may be asked, and that a browser may be sent to."""
    targets: list[Target] = [
        read_target(f"https://{host}/") for host in listed(settings.oidc_further_hosts, ",")
    ]
    if settings.oidc_issuer is not None:
        targets.append(read_target(settings.oidc_issuer))
    return frozenset((target.host, target.port) for target in targets)
