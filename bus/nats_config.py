"""Text of a nats-server configuration for a realm (pure: no I/O).

One account per nation, and a HUB account that owns every stream. A nation reaches the hub only through
service imports of exactly the subjects it may use; its user may publish to exactly those and subscribe to
its own inbox only. Accounts and not permissions alone, because the server does not check the *reply*
subject of a request against publish permissions: within one shared account a pull request could carry
`$JS.API.STREAM.DELETE...` as its reply (docs/threat-model.md).

Every value that reaches the text is validated against a closed alphabet or quoted, so that no nation code,
key or path can add configuration of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bus.protocol.subjects import consumer_name, is_nation_token
from schemas.wire import Lane

MAX_PAYLOAD = 1024 * 1024
DELIVERY_STREAM = "DELIVERY"
AUDIT_CONSUMER = "AUDIT"
AUDITOR_INBOX = "_INBOX_AUDITOR"

_USER_NKEY = re.compile(r"U[A-Z2-7]{55}\Z")
_LOOPBACK_OR_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]{0,252}\Z")
_ESCAPES = {"\\": "\\\\", '"': '\\"'}


class BrokerConfigError(ValueError):
    """A value cannot stand in a broker configuration; the message names the field, never a secret."""


@dataclass(frozen=True)
class BrokerNation:
    """A nation's broker identity: alpha-3 code and the public nkey ("U...", 56 characters) of its gateway."""

    nation: str
    user_public_nkey: str

    def __post_init__(self) -> None:
        require_nation(self.nation)
        _require_user_nkey("user_public_nkey", self.user_public_nkey)


@dataclass(frozen=True)
class BrokerConfig:
    """What a hub server's configuration is made from.

    `port` -1 lets the server choose a free one. `max_file_bytes` is what JetStream may reserve: every
    stream's `max_bytes` is reserved against it when the stream is created, so it must be at least the sum
    of all quotas. `domain` names the hub's JetStream domain, which leaf nodes will need; clients of the hub
    itself use plain `$JS.API` subjects with and without it.
    """

    store_dir: str
    admin_public_nkey: str
    auditor_public_nkey: str
    nations: tuple[BrokerNation, ...]
    port: int = -1
    host: str = "127.0.0.1"
    server_name: str = "entente-hub"
    domain: str | None = "hub"
    max_file_bytes: int = 64 * 1024**3

    def __post_init__(self) -> None:
        _require_user_nkey("admin_public_nkey", self.admin_public_nkey)
        _require_user_nkey("auditor_public_nkey", self.auditor_public_nkey)
        if self.port != -1 and not 1 <= self.port <= 65535:
            raise BrokerConfigError("port must be -1 or 1..65535")
        if self.max_file_bytes <= 0:
            raise BrokerConfigError("max_file_bytes must be positive")
        for field, value in (("host", self.host), ("server_name", self.server_name)):
            if not _LOOPBACK_OR_NAME.match(value):
                raise BrokerConfigError(f"{field} is not a host name or address")
        if self.domain is not None and not re.match(r"[a-z][a-z0-9-]{0,31}\Z", self.domain):
            raise BrokerConfigError("domain must be lower case letters, digits and hyphens")
        quote("store_dir", self.store_dir)
        names = [n.nation for n in self.nations]
        keys = [self.admin_public_nkey, self.auditor_public_nkey, *(n.user_public_nkey for n in self.nations)]
        if len(set(names)) != len(names):
            raise BrokerConfigError("a nation appears twice")
        if len(set(keys)) != len(keys):
            raise BrokerConfigError("an nkey appears twice: every user needs its own")


def require_nation(code: str) -> str:
    """Return `code` when it is three upper-case letters, else raise BrokerConfigError."""
    if not is_nation_token(code):
        raise BrokerConfigError("a nation code is three upper-case letters")
    return code


def _require_user_nkey(field: str, value: str) -> None:
    if not _USER_NKEY.match(value):
        raise BrokerConfigError(f"{field} is not a public user nkey")


def quote(field: str, value: str) -> str:
    """`value` as a double-quoted configuration string; control characters are refused."""
    if not value or not value.isprintable():
        raise BrokerConfigError(f"{field} is empty or has unprintable characters")
    return '"' + "".join(_ESCAPES.get(c, c) for c in value) + '"'


def out_stream(nation: str) -> str:
    """Name of the stream that takes a nation's outgoing bundles."""
    return f"OUT_{nation}"


def out_subjects(nation: str) -> str:
    """Every subject a nation may publish to: `out.<nation>.<mode>.<lane>.<recipient>`."""
    return f"out.{nation}.*.*.*"


def pull_subject(consumer: str) -> str:
    """Subject of a pull request to a durable on DELIVERY."""
    return f"$JS.API.CONSUMER.MSG.NEXT.{DELIVERY_STREAM}.{consumer}"


def reset_subject(consumer: str) -> str:
    """Subject of the request that rewinds a durable on DELIVERY to its ack floor."""
    return f"$JS.API.CONSUMER.RESET.{DELIVERY_STREAM}.{consumer}"


def ack_subjects(consumer: str) -> str:
    """Every subject that acknowledges a message of a durable on DELIVERY."""
    return f"$JS.ACK.{DELIVERY_STREAM}.{consumer}.>"


def inbox_prefix(nation: str) -> str:
    """Prefix of every reply subject a nation listens on."""
    return f"_INBOX_{nation}"


def nation_services(nation: str) -> list[tuple[str, str]]:
    """(subject, response type) of everything a nation may ask of the hub; nothing else reaches it."""
    services = [(out_subjects(nation), "singleton")]
    for lane in Lane:
        consumer = consumer_name(nation, lane)
        services += [
            (pull_subject(consumer), "stream"),
            (reset_subject(consumer), "singleton"),
            (ack_subjects(consumer), "singleton"),
        ]
    return services


def auditor_services() -> list[tuple[str, str]]:
    """(subject, response type) of everything the auditor may ask of the hub: pull and ack, headers only."""
    return [(pull_subject(AUDIT_CONSUMER), "stream"), (ack_subjects(AUDIT_CONSUMER), "singleton")]


def render(config: BrokerConfig) -> str:
    """The configuration file of a hub server; monitoring ports are off by not being configured."""
    jetstream = [
        f"  store_dir: {quote('store_dir', config.store_dir)}",
        "  sync_interval: always",
        f"  max_file_store: {config.max_file_bytes}",
        # The realm keeps every stream on file.
        "  max_memory_store: 1MB",
    ]
    if config.domain is not None:
        jetstream.append(f"  domain: {quote('domain', config.domain)}")
    exports: list[str] = []
    accounts: list[str] = []
    for nation in config.nations:
        services = nation_services(nation.nation)
        account = f"N_{nation.nation}"
        exports += [_export(subject, response, account) for subject, response in services]
        accounts += _importer(account, nation.user_public_nkey, inbox_prefix(nation.nation), services)
    exports += [_export(subject, response, "AUDITOR") for subject, response in auditor_services()]
    accounts += _importer("AUDITOR", config.auditor_public_nkey, AUDITOR_INBOX, auditor_services())
    lines = [
        f"server_name: {quote('server_name', config.server_name)}",
        f"host: {quote('host', config.host)}",
        f"port: {config.port}",
        f"max_payload: {MAX_PAYLOAD}",
        "jetstream {",
        *jetstream,
        "}",
        "accounts {",
        "  HUB: {",
        "    jetstream: enabled",
        f"    users: [{{nkey: {config.admin_public_nkey}}}]",
        "    exports: [",
        *exports,
        "    ]",
        "  }",
        *accounts,
        "  SYS: {}",
        "}",
        "system_account: SYS",
    ]
    return "\n".join(lines) + "\n"


def _export(subject: str, response: str, account: str) -> str:
    return f'      {{service: "{subject}", response: {response}, accounts: [{account}]}}'


def _importer(account: str, nkey: str, inbox: str, services: Sequence[tuple[str, str]]) -> list[str]:
    allowed = ", ".join(f'"{subject}"' for subject, _ in services)
    permissions = f'{{publish: {{allow: [{allowed}]}}, subscribe: {{allow: ["{inbox}.>"]}}}}'
    return [
        f"  {account}: {{",
        f"    users: [{{nkey: {nkey}, permissions: {permissions}}}]",
        "    imports: [",
        *(f'      {{service: {{account: HUB, subject: "{subject}"}}}}' for subject, _ in services),
        "    ]",
        "  }",
    ]
