"""A gateway's settings: from arguments or from environment variables ``ENTENTE_GATEWAY_<NAME>``.

Nothing here has a secret default: what identifies the nation, its realm and its keys must be given.
"""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from gateways.loopback import is_loopback
from gateways.oidc.settings import OidcSettings
from schemas.base import Digest, Nation
from schemas.message import MAX_DRAFT_BYTES
from schemas.wire import MAX_CONTENT_BYTES

MIB = 1024 * 1024

Seconds = Annotated[float, Field(gt=0, le=3600)]


class Settings(OidcSettings):
    """Everything one gateway process needs to know. Every field stands in ``docs/operations.md``.

    Raises pydantic's ValidationError when something is missing or contradictory.
    """

    model_config = SettingsConfigDict(
        env_prefix="ENTENTE_GATEWAY_", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    nation: Nation = Field(description="The nation this gateway speaks for (ISO 3166-1 alpha-3 or XAA..XZZ).")
    realm: Digest = Field(description="Realm id, pinned out of band: the digest of realm root version 1.")
    state_dir: Path = Field(description="Directory of the store; created readable by its owner only.")
    keys_file: Path = Field(description="File with the nation's private keys and broker credentials.")
    trust_dir: Path = Field(description="Directory with the trust documents to start from (DSSE envelopes).")
    nats_url: str = Field(description="Address of the broker, such as nats://127.0.0.1:4222.")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    tls_certificate_file: Path | None = Field(
        None, description="PEM certificate chain; with it the API speaks HTTPS."
    )
    tls_key_file: Path | None = Field(None, description="PEM private key that goes with the certificate.")
    plain_http_beyond_loopback: bool = Field(
        False,
        description="Listen without TLS on an address that is not loopback; "
        "only where something in front terminates TLS.",
    )

    max_body_bytes: int = Field(
        MIB, ge=1024, le=16 * MIB, description="Largest request body that is read at all."
    )
    max_draft_bytes: int = Field(
        MAX_CONTENT_BYTES,
        ge=1024,
        le=MAX_DRAFT_BYTES,
        description="Largest draft that is accepted, with all its tear lines.",
    )
    head_timeout_seconds: Seconds = Field(
        10, description="Time within which a request's head must have arrived; then the connection is closed."
    )
    body_timeout_seconds: Seconds = Field(
        20, description="Time within which a request's body must have arrived; then 408 BODY_TOO_SLOW."
    )
    write_timeout_seconds: Seconds = Field(
        30, description="Time a client may leave what was sent to it unread; then the connection is closed."
    )
    keep_alive_seconds: Seconds = Field(15, description="Time an idle connection stays open.")
    max_connections: int = Field(
        512, ge=8, le=65535, description="Connections at a time; beyond that 503 GATEWAY_BUSY."
    )
    max_streams: int = Field(
        64, ge=1, le=10000, description="Open streams at a time; beyond that 503 GATEWAY_BUSY."
    )
    stream_keep_alive_seconds: Seconds = Field(
        15, description="An idle inbox stream carries a comment this often, so that proxies keep it open."
    )
    shutdown_seconds: int = Field(
        3, ge=1, le=60, description="Time that requests in progress are given when the gateway stops."
    )
    queue_limit: int = Field(
        100_000, ge=1, description="Deliveries that may wait to be sent; beyond that publishing is refused."
    )
    key_cache_seconds: Seconds = Field(
        2, description="Longest time until a key revoked by another process is refused here."
    )
    refusals_per_second: Seconds = Field(
        5, description="Audit records of refused access written per second; the rest is counted into them."
    )
    operator_token_minutes: int = Field(
        10, ge=1, le=60, description="How long an operator's access token serves; then it is refreshed."
    )
    operator_idle_minutes: int = Field(
        30, ge=1, le=24 * 60, description="An operator's session that nobody uses for so long is over."
    )
    operator_session_hours: int = Field(
        12, ge=1, le=24, description="Longest time from signing in until signing in again: a watch."
    )
    release_policy_file: Path | None = Field(
        None, description="YAML file naming what two persons release, beyond FLASH in mode OPERATION."
    )
    release_flash_minutes: int = Field(
        15,
        ge=1,
        le=24 * 60,
        description="A FLASH draft waits so long for a second person; then it is withheld.",
    )
    release_hours: int = Field(
        24, ge=1, le=24 * 7, description="Every other draft that waits for a second person waits so long."
    )
    release_fresh_minutes: int = Field(
        5, ge=1, le=60, description="Whoever confirms a release has proven who they are within this time."
    )
    read_receipts: bool = Field(
        True, description="Tell originators when a person first opened their message; who it was stays here."
    )
    lane_head_seconds: Seconds = Field(
        60, description="While something is sent to a partner, a signed lane head follows this often."
    )
    lane_heartbeat_seconds: Seconds = Field(
        600, description="While nothing is sent to a partner, it gets a lane head this often."
    )
    idempotency_hours: int = Field(
        24, ge=1, le=24 * 30, description="How long an Idempotency-Key and its answer are kept."
    )
    traffic_export: bool = Field(
        True, description="Let operators export what they see of the traffic as a file."
    )
    event_days: int = Field(
        30, ge=1, le=3650, description="How long events, and what webhooks' receivers never took, are kept."
    )
    webhook_networks: str = Field(
        "",
        description="Networks that webhooks may reach though they are not public: CIDR, separated by commas.",
    )
    webhook_plain_http: bool = Field(
        False, description="Post to http:// addresses too, in these networks only."
    )
    webhook_ca_file: Path | None = Field(
        None, description="PEM certificates of further authorities that receivers' certificates may rest on."
    )
    webhook_timeout_seconds: Seconds = Field(
        15, description="Time for one post: name, connection, sending, answer."
    )
    webhook_retry_hours: int = Field(
        24, ge=1, le=24 * 30, description="An event that a receiver does not take for so long is given up."
    )
    log_level: str = Field(
        "INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="Lowest level of log lines: DEBUG, INFO, WARNING or ERROR.",
    )

    @field_validator("webhook_networks")
    @classmethod
    def _networks(cls, given: str) -> str:
        for part in given.split(","):
            if part.strip():
                ip_network(part.strip())
        return given

    @model_validator(mode="after")
    def _safe_to_listen(self) -> Self:
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("tls_certificate_file and tls_key_file go together")
        if not (self.tls_certificate_file or self.plain_http_beyond_loopback or is_loopback(self.host)):
            raise ValueError("API keys do not travel in the clear: give TLS files, or listen on loopback")
        return self
