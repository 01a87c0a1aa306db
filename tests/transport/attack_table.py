"""Requests that a nation's credentials must fail at (reference nats.md, section 9), by what they would do."""

import json
from dataclasses import dataclass

from tests.transport.attack_world import NO_WAIT, next_subject, reset


@dataclass(frozen=True)
class Attack:
    """One request. `{pending}` in the subject is the ack subject of a bundle XCC has not acked."""

    name: str
    subject: str
    payload: bytes = b""
    reads: bool = False
    """Reads or is answered without changing anything, so the control looks for an answer."""


def _json(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def _consumer(**config: object) -> bytes:
    return _json(stream_name="DELIVERY", config={"ack_policy": "none", **config})


API = "$JS.API"

MAIL = [
    Attack("pull from another nation's mailbox", next_subject("XCC"), NO_WAIT),
    Attack("pull from another lane of another nation", next_subject("XCC", "urgent"), NO_WAIT, reads=True),
    Attack("pull from the auditor's consumer", f"{API}.CONSUMER.MSG.NEXT.DELIVERY.AUDIT", NO_WAIT),
    Attack("acknowledge another nation's bundle", "{pending}", b"+ACK"),
    Attack("negatively acknowledge another nation's bundle", "{pending}", b"-NAK", reads=True),
    Attack("terminate another nation's bundle", "{pending}", b"+TERM"),
    Attack("acknowledge and pull the next of another nation", "{pending}", b"+NXT"),
    Attack("prolong the wait for another nation's ack", "{pending}", b"+WPI", reads=True),
    Attack("rewind another nation's mailbox", reset("XCC")),
    Attack("rewind the auditor's consumer", f"{API}.CONSUMER.RESET.DELIVERY.AUDIT", reads=True),
]

CONSUMERS = [
    Attack("create an ephemeral consumer", f"{API}.CONSUMER.CREATE.DELIVERY", _consumer()),
    Attack(
        "create a consumer named with a filter",
        f"{API}.CONSUMER.CREATE.DELIVERY.spy.out.XBB.>",
        _consumer(name="spy", filter_subject="out.XBB.>"),
    ),
    Attack(
        "create a durable by the old request",
        f"{API}.CONSUMER.DURABLE.CREATE.DELIVERY.spy",
        _consumer(durable_name="spy"),
    ),
    Attack(
        "create a consumer pushing to the own inbox",
        f"{API}.CONSUMER.CREATE.DELIVERY",
        _consumer(deliver_subject="_INBOX_XAA.pushed"),
    ),
    Attack(
        "create a consumer on another nation's outgoing stream",
        f"{API}.CONSUMER.CREATE.OUT_XBB",
        _json(stream_name="OUT_XBB", config={"ack_policy": "none"}),
    ),
    Attack(
        "widen the filter of the own mailbox",
        f"{API}.CONSUMER.DURABLE.CREATE.DELIVERY.XAA-normal",
        _json(
            stream_name="DELIVERY",
            action="update",
            config={
                "durable_name": "XAA-normal",
                "ack_policy": "explicit",
                "filter_subject": "out.>",
                "max_waiting": 16,
            },
        ),
    ),
    Attack("read about another nation's mailbox", f"{API}.CONSUMER.INFO.DELIVERY.XCC-normal", reads=True),
    Attack("list consumers", f"{API}.CONSUMER.LIST.DELIVERY", reads=True),
    Attack("list names of consumers", f"{API}.CONSUMER.NAMES.DELIVERY", reads=True),
    Attack("delete the own mailbox", f"{API}.CONSUMER.DELETE.DELIVERY.XAA-normal"),
    Attack("delete another nation's mailbox", f"{API}.CONSUMER.DELETE.DELIVERY.XCC-normal"),
    Attack(
        "pause another nation's mailbox",
        f"{API}.CONSUMER.PAUSE.DELIVERY.XCC-normal",
        _json(pause_until="2199-01-01T00:00:00Z"),
    ),
    Attack(
        "unpin another nation's mailbox",
        f"{API}.CONSUMER.UNPIN.DELIVERY.XCC-normal",
        _json(group="any"),
        reads=True,
    ),
]

STREAMS = [
    Attack("list names of streams", f"{API}.STREAM.NAMES", _json(subject="out.>"), reads=True),
    Attack("list streams", f"{API}.STREAM.LIST", reads=True),
    Attack(
        "read who writes to whom from a stream's subjects",
        f"{API}.STREAM.INFO.DELIVERY",
        _json(subjects_filter=">"),
        reads=True,
    ),
    Attack(
        "create a stream over own subjects",
        f"{API}.STREAM.CREATE.EVIL",
        _json(name="EVIL", subjects=["out.XAA.more"], max_bytes=1024),
    ),
    Attack(
        "create a stream over another nation's subjects",
        f"{API}.STREAM.CREATE.EVIL",
        _json(name="EVIL", subjects=["out.XBB.more"], max_bytes=1024),
    ),
    Attack(
        "create a mirror of everyone's mail",
        f"{API}.STREAM.CREATE.EVIL",
        _json(name="EVIL", mirror={"name": "DELIVERY"}, max_bytes=1024),
    ),
    Attack(
        "republish another nation's stream to the own inbox",
        f"{API}.STREAM.UPDATE.OUT_XBB",
        _json(
            name="OUT_XBB",
            subjects=["out.XBB.*.*.*"],
            discard="new",
            deny_delete=True,
            max_bytes=8 * 1024**2,
            republish={"src": ">", "dest": "_INBOX_XAA.copy.>"},
        ),
    ),
    Attack("delete another nation's stream", f"{API}.STREAM.DELETE.OUT_XBB"),
    Attack("delete the own stream", f"{API}.STREAM.DELETE.OUT_XAA"),
    Attack("delete everyone's mail", f"{API}.STREAM.DELETE.DELIVERY"),
    Attack("delete another nation's stream by the domain's name", "$JS.hub.API.STREAM.DELETE.OUT_XBB"),
    Attack("purge another nation's stream", f"{API}.STREAM.PURGE.OUT_XBB"),
    Attack(
        "take a snapshot of everyone's mail",
        f"{API}.STREAM.SNAPSHOT.DELIVERY",
        _json(deliver_subject="_INBOX_XAA.snapshot"),
        reads=True,
    ),
    Attack(
        "restore a stream over everyone's mail",
        f"{API}.STREAM.RESTORE.DELIVERY",
        _json(config={"name": "DELIVERY"}, state={"messages": 0}),
        reads=True,
    ),
    Attack("get another nation's bundle", f"{API}.STREAM.MSG.GET.DELIVERY", _json(seq=1), reads=True),
    Attack(
        "get the last bundle of a subject",
        f"{API}.STREAM.MSG.GET.OUT_XBB",
        _json(last_by_subj="out.XBB.op.normal.XCC"),
        reads=True,
    ),
    Attack("delete another nation's bundle", f"{API}.STREAM.MSG.DELETE.OUT_XBB", _json(seq=1), reads=True),
    Attack("make the stream's leader step down", f"{API}.STREAM.LEADER.STEPDOWN.DELIVERY", reads=True),
    Attack(
        "make the consumer's leader step down",
        f"{API}.CONSUMER.LEADER.STEPDOWN.DELIVERY.XCC-normal",
        reads=True,
    ),
    Attack("read the account's limits and usage", f"{API}.INFO", reads=True),
    Attack("read the account's usage by the domain's name", "$JS.hub.API.INFO", reads=True),
]

FORGERIES = [
    Attack("publish as another originator", "out.XBB.op.normal.XCC", b"forged"),
]

UNCONTROLLED = [
    # Not reachable for the hub's admin either, or switched off for everybody: nothing to compare with.
    Attack("get a bundle directly by its sequence", f"{API}.DIRECT.GET.DELIVERY", _json(seq=1)),
    Attack("get a subject's last bundle directly", f"{API}.DIRECT.GET.DELIVERY.out.XBB.op.normal.XCC"),
    Attack("publish with too few tokens", "out.XAA.op.normal", b"forged"),
    Attack("publish with too many tokens", "out.XAA.op.normal.XBB.more", b"forged"),
    Attack("publish into another nation's inbox", "_INBOX_XBB.answers.1", b"forged"),
    Attack("publish into the hub admin's inbox", "_INBOX_HUB.answers.1", b"forged"),
    Attack("publish into an internal reply subject", "_R_.abcdef.ghijkl", b"forged"),
    Attack("answer flow control in another nation's place", "$JS.FC.DELIVERY.XCC-normal.x"),
    Attack("purge an account by the server's API", f"{API}.ACCOUNT.PURGE.HUB"),
    Attack("remove a server by the server's API", f"{API}.SERVER.REMOVE", _json(peer="any")),
    Attack("ping the servers", "$SYS.REQ.SERVER.PING"),
    Attack("read the hub's connections", "$SYS.REQ.ACCOUNT.HUB.CONNZ"),
    Attack("reload a server", "$SYS.REQ.SERVER.any.RELOAD"),
    Attack("kick a client", "$SYS.REQ.SERVER.any.KICK", _json(cid=1)),
]

CONTROLLED = MAIL + CONSUMERS + STREAMS + FORGERIES

SUBSCRIPTIONS = {
    "everything": (">", ""),
    "everything by one wildcard": ("*.>", ""),
    "every bundle": ("out.>", ""),
    "the bundles of another originator": ("out.XBB.>", ""),
    "the bundles for another recipient": ("out.*.*.*.XCC", ""),
    "another nation's inbox": ("_INBOX_XCC.>", ""),
    "every inbox": ("*.answers.*", ""),
    "internal reply subjects": ("_R_.>", ""),
    "JetStream's events": ("$JS.EVENT.>", ""),
    "JetStream's requests": ("$JS.API.>", ""),
    "other nations' acks": ("$JS.ACK.>", ""),
    "the system's events": ("$SYS.>", ""),
    "a share of another nation's bundles by queue group": ("out.XBB.*.*.*", "thieves"),
    "a share of another nation's inbox by queue group": ("_INBOX_XCC.>", "thieves"),
    "a share of JetStream's pull requests by queue group": ("$JS.API.CONSUMER.MSG.NEXT.>", "thieves"),
}

REPLIES = {
    "delete another nation's stream": "$JS.API.STREAM.DELETE.OUT_XBB",
    "delete it by the domain's name": "$JS.hub.API.STREAM.DELETE.OUT_XBB",
    "purge another nation's stream": "$JS.API.STREAM.PURGE.OUT_XBB",
    "delete another nation's mailbox": "$JS.API.CONSUMER.DELETE.DELIVERY.XCC-normal",
    "rewind another nation's mailbox": reset("XCC"),
    "publish as another originator": "out.XBB.op.normal.XCC",
    "write into another nation's inbox": "_INBOX_XCC.answers.1",
    "acknowledge another nation's bundle": "{pending}",
}
