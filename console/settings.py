"""A console's settings: from arguments or from environment variables ``ENTENTE_CONSOLE_<NAME>``."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.base import Nation
from schemas.header import Mode

MIB = 1024 * 1024

Seconds = Annotated[float, Field(gt=0, le=3600)]


class ConsoleSettings(BaseSettings):
    """Everything one console needs to know. Every field stands in ``docs/operations.md``.

    Raises pydantic's ValidationError when something is missing or contradictory.
    """

    model_config = SettingsConfigDict(
        env_prefix="ENTENTE_CONSOLE_", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    nation: Nation = Field(description="The nation whose operators sign in here.")
    gateway_url: str = Field(description="Address of that nation's gateway, such as https://gateway:8080.")
    gateway_ca_file: Path | None = Field(
        None, description="PEM certificates of authorities that the gateway's certificate may rest on."
    )
    gateway_plain_http: bool = Field(
        False, description="Speak plain HTTP with a gateway that is not on this machine."
    )
    modes: frozenset[Mode] = Field(
        frozenset(Mode),
        description="Modes that the gateway operates. One console for several nations needs them without "
        "OPERATION.",
    )
    exercise_name: Annotated[str, StringConstraints(max_length=64)] = Field(
        "", description="Shown under the product's name; nothing if not given."
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8443, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    root_path: str = Field("", description="Path under which a proxy serves the console, such as /console.")
    tls_certificate_file: Path | None = Field(
        None, description="PEM certificate chain; with it the console speaks HTTPS."
    )
    tls_key_file: Path | None = Field(None, description="PEM private key that goes with the certificate.")
    behind_tls_proxy: bool = Field(
        False,
        description="Listen without TLS on an address that is not loopback; "
        "only where something in front terminates TLS.",
    )

    idle_minutes: int = Field(
        30, ge=1, le=24 * 60, description="A session ends after so long without a person."
    )
    max_sessions: int = Field(500, ge=1, le=100_000, description="Sessions at a time; the idlest goes first.")
    max_body_bytes: int = Field(2 * MIB, ge=1024, le=16 * MIB, description="Largest form that is read.")
    body_timeout_seconds: Seconds = Field(20, description="Time within which a form must have arrived.")
    gateway_timeout_seconds: Seconds = Field(15, description="Time that the gateway has to answer.")
    max_streams: int = Field(64, ge=1, le=10_000, description="Open live streams at a time.")
    shutdown_seconds: int = Field(
        3, ge=1, le=60, description="Time that requests in progress are given when the console stops."
    )

    keep_drafts: bool = Field(
        True,
        description="Let browsers keep unsent drafts, sealed under a key that they lose at sign-out.",
    )
    export: bool = Field(
        True,
        description="Let traffic, audit log and calendar leave as files, noted in the gateway's audit log.",
    )
    label_palette_file: Path | None = Field(
        None, description="TOML file with the colours of bands and tags, by policy and classification."
    )
    drills_dir: Path | None = Field(
        None, description="Folder where whoever runs drills writes their catalogue and journals."
    )
    map_land_file: Path | None = Field(
        None, description="TopoJSON with an object `countries` or `land`, drawn instead of the vendored map."
    )
    map_boundary_source: Annotated[str, StringConstraints(max_length=120)] = Field(
        "Natural Earth", description="Whose boundaries the map shows, for the line that says so."
    )
    map_places_file: Path | None = Field(
        None, description="TOML file with places of nations on the map, over those of the console."
    )
    log_level: str = Field(
        "info",
        pattern="^(?i:debug|info|warning|error)$",
        description="Lowest level of log lines: debug, info, warning or error.",
    )

    @field_validator("root_path")
    @classmethod
    def _a_plain_path(cls, value: str) -> str:
        parts = value.split("/")
        if value and (parts[0] or any(not part.replace("-", "").isalnum() for part in parts[1:])):
            raise ValueError("root_path begins with / and is made of letters, digits and hyphens")
        return value

    @model_validator(mode="after")
    def _tls(self) -> Self:
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("tls_certificate_file and tls_key_file go together")
        if self.tls_certificate_file is None and not self.behind_tls_proxy and not _loopback(self.host):
            raise ValueError(
                f"{self.host} is not a loopback address: give a TLS certificate, or set behind_tls_proxy "
                "where something in front terminates TLS"
            )
        gateway = urlsplit(self.gateway_url)
        if gateway.scheme not in ("http", "https") or not gateway.hostname or gateway.path.strip("/"):
            raise ValueError("gateway_url is http://HOST:PORT or https://HOST:PORT")
        if gateway.scheme == "http" and not self.gateway_plain_http and not _loopback(gateway.hostname):
            raise ValueError(
                "operators' tokens would cross the network in the clear: give the gateway's https:// "
                "address, or set gateway_plain_http"
            )
        return self


def _loopback(host: str) -> bool:
    """Whether a host can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
