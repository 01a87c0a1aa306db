"""The streams and consumers a realm keeps on the hub, as JetStream configurations (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bus.nats_config import (
    AUDIT_CONSUMER,
    DELIVERY_STREAM,
    MAX_PAYLOAD,
    out_stream,
    out_subjects,
    require_nation,
)
from bus.protocol.subjects import consumer_name
from schemas.wire import Lane

Json = dict[str, Any]

STREAM_SAFE = frozenset({"max_bytes", "max_age", "sources", "max_msg_size"})
"""Fields of a stream that may be changed while it holds mail."""
CONSUMER_SAFE = frozenset({"ack_wait", "max_ack_pending", "max_waiting"})
"""Fields of a consumer that may be changed while it holds mail."""

_NANO = 1_000_000_000


@dataclass(frozen=True)
class RealmStreams:
    """What the realm keeps on the hub.

    `quota_bytes`: room for each nation's outgoing bundles over `max_age_seconds`. DELIVERY gets at least
    the sum of all quotas and the same age, so that no nation can fill it for the others.
    `ack_wait_seconds` is long on purpose: a restarted reader rewinds and need not wait for it, and a slow
    one must not see its own bundles again.
    """

    nations: tuple[str, ...]
    quota_bytes: int = 1024**3
    max_age_seconds: int = 30 * 24 * 3600
    ack_wait_seconds: int = 120
    replicas: int = 1

    def __post_init__(self) -> None:
        for nation in self.nations:
            require_nation(nation)
        if self.quota_bytes < MAX_PAYLOAD:
            raise ValueError("a quota must hold at least one bundle of the largest size")

    @property
    def reserved_bytes(self) -> int:
        """What JetStream reserves for all streams together: `BrokerConfig.max_file_bytes` must cover it."""
        return 2 * max(1, len(self.nations)) * self.quota_bytes


def out_config(nation: str, realm: RealmStreams) -> Json:
    """The stream that takes a nation's outgoing bundles; full means refused, never oldest dropped."""
    return {
        "name": out_stream(nation),
        "subjects": [out_subjects(nation)],
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "max_bytes": realm.quota_bytes,
        "max_age": realm.max_age_seconds * _NANO,
        "max_msg_size": MAX_PAYLOAD,
        # The shortest the server takes: publishing relies on expected sequences, not on message ids.
        "duplicate_window": _NANO // 10,
        "deny_delete": True,
        "num_replicas": realm.replicas,
        "allow_rollup_hdrs": False,
        "allow_direct": False,
    }


def delivery_config(realm: RealmStreams, already: Mapping[str, Json]) -> Json:
    """The stream all mailboxes read from; keeps the sources it `already` has, by name."""
    sources = dict(already)
    for nation in realm.nations:
        # The filter holds a nation to its own originator token even behind a hostile leaf node.
        name = out_stream(nation)
        sources[name] = {"name": name, "filter_subject": f"out.{nation}.>"}
    return {
        "name": DELIVERY_STREAM,
        "sources": [sources[name] for name in sorted(sources)],
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "max_bytes": max(1, len(sources)) * realm.quota_bytes,
        "max_age": realm.max_age_seconds * _NANO,
        "deny_delete": True,
        "deny_purge": True,
        "num_replicas": realm.replicas,
        "allow_rollup_hdrs": False,
        "allow_direct": False,
    }


def mailbox_config(nation: str, lane: Lane, realm: RealmStreams) -> Json:
    """The durable consumer that is one lane of a nation's mail, whoever sent it and in whatever mode."""
    return {
        "durable_name": consumer_name(nation, lane),
        "filter_subject": f"out.*.*.{lane.value}.{nation}",
        "deliver_policy": "all",
        "ack_policy": "explicit",
        "ack_wait": realm.ack_wait_seconds * _NANO,
        "max_ack_pending": 1000,
        "max_deliver": -1,
        "max_waiting": 16,
        "replay_policy": "instant",
    }


def audit_config(realm: RealmStreams) -> Json:
    """The auditor's durable consumer: subjects and sizes of everything, no payload byte."""
    return {
        "durable_name": AUDIT_CONSUMER,
        "deliver_policy": "all",
        "ack_policy": "explicit",
        "ack_wait": realm.ack_wait_seconds * _NANO,
        "max_ack_pending": 1000,
        "max_deliver": -1,
        "max_waiting": 16,
        "headers_only": True,
        "replay_policy": "instant",
    }


def differences(wanted: Json, found: Json) -> list[tuple[str, object, object]]:
    """(field, wanted, found) for every field of `wanted` that differs; the server omits what is empty."""
    result: list[tuple[str, object, object]] = []
    for field, value in wanted.items():
        other = found.get(field)
        if field == "sources":
            other = sorted(
                ({k: s[k] for k in s if k in ("name", "filter_subject")} for s in other or []), key=str
            )
            same = sorted(value, key=str) == other
        else:
            same = value == other or (not value and not other)
        if not same:
            result.append((field, value, other))
    return result
