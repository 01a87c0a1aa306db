"""Streams and consumers of a realm on the hub: created when missing, verified when there.

    ProvisioningError
    └── ConfigurationConflict    something exists with another configuration; names object and field

Talks JetStream's JSON API directly, since nats-py's dataclasses drop fields they do not know.
"""

import asyncio
import base64
import contextlib
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError

from bus.nats_config import DELIVERY_STREAM
from bus.stream_plan import (
    CONSUMER_SAFE,
    STREAM_SAFE,
    Json,
    RealmStreams,
    audit_config,
    delivery_config,
    differences,
    mailbox_config,
    out_config,
)
from schemas.wire import Lane

_PATIENCE = 10.0
_PATIENCE_END = 1.0
_STREAM_MISSING = 10059
_CONSUMER_MISSING = 10014
_NO_MESSAGE = 10037
# Stream name, sequence in it, and then the filter and the subject.
_TAKEN = re.compile(rb"^Nats-Stream-Source: (\S+) (\d+)", re.MULTILINE)


class ProvisioningError(RuntimeError):
    """The hub could not be provisioned."""


class ConfigurationConflict(ProvisioningError):
    """`name` exists, and `field` differs in a way that may not be changed under the mail it holds."""

    def __init__(self, name: str, field: str, wanted: object, found: object) -> None:
        super().__init__(f"{name}: {field} is {found!r} on the broker, wanted {wanted!r}")
        self.name = name
        self.field = field


async def provision(
    urls: Sequence[str], admin_seed: str, realm: RealmStreams, *, patience: float = _PATIENCE
) -> None:
    """Create or verify everything `realm` needs. Safe to repeat; raises ProvisioningError.

    `admin_seed` is the HUB account's nkey; each request may take `patience` seconds. Nations that left keep
    their streams and consumers: removing mail is a decision of its own.
    """
    # In a task of its own: nats-py swallows a cancellation that comes while it sends, and would go on. What
    # is under way usually ends within milliseconds.
    work = asyncio.create_task(_provision(urls, admin_seed, realm, patience))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait((work,), timeout=_PATIENCE_END)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        raise


async def _provision(urls: Sequence[str], admin_seed: str, realm: RealmStreams, patience: float) -> None:
    async with _hub(urls, admin_seed, patience) as hub:
        for nation in realm.nations:
            await hub.ensure_out(nation, realm)
        await hub.ensure_stream(delivery_config(realm, await hub.present_sources()))
        for nation in realm.nations:
            for lane in Lane:
                await hub.ensure_consumer(mailbox_config(nation, lane, realm))
        await hub.ensure_consumer(audit_config(realm))


async def use_up_room(urls: Sequence[str], admin_seed: str, realm: RealmStreams) -> None:
    """Let no nation store a bundle more, as when its quota is used up; `provision` gives the room back.

    What is stored stays, and is delivered. Raises ProvisioningError.
    """
    async with _hub(urls, admin_seed, _PATIENCE) as hub:
        for nation in realm.nations:
            await hub.ensure_stream({**out_config(nation, realm), "max_bytes": 1})


async def read_last(urls: Sequence[str], admin_seed: str, subject: str) -> bytes | None:
    """The sealed octets that were stored last under a subject, as whoever runs the hub can read them.

    None when there are none. Raises ProvisioningError.
    """
    async with _hub(urls, admin_seed, _PATIENCE) as hub:
        return await hub.last_under(subject)


@contextlib.asynccontextmanager
async def _hub(urls: Sequence[str], seed: str, patience: float) -> AsyncIterator["_Hub"]:
    async def ignore(_: Exception) -> None:
        # What matters is raised by connect or by the request itself.
        return

    client = Client()
    try:
        await client.connect(
            servers=list(urls),
            name="provisioning",
            nkeys_seed_str=seed,
            inbox_prefix="_INBOX_HUB",
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            error_cb=ignore,
        )
    except (NatsError, OSError, TimeoutError) as error:
        await client.close()
        raise ProvisioningError(
            f"the hub could not be reached as its admin: {type(error).__name__}"
        ) from error
    try:
        yield _Hub(client, patience)
    finally:
        await client.close()


class _Hub:
    """JetStream's API on the hub, as its admin."""

    def __init__(self, client: Client, patience: float) -> None:
        self._client = client
        self._patience = patience

    async def ensure_out(self, nation: str, realm: RealmStreams) -> None:
        """A nation's OUT stream; one that was lost alone goes on behind what DELIVERY has taken from it.

        DELIVERY remembers the last sequence it took from each source. An OUT stream beginning again at 1
        would be ignored until it had passed that sequence.
        """
        wanted = out_config(nation, realm)
        if await self._find(f"STREAM.INFO.{wanted['name']}", _STREAM_MISSING) is None:
            taken = await self._last_taken(nation)
            if taken:
                await self._call(f"STREAM.CREATE.{wanted['name']}", {**wanted, "first_seq": taken + 1})
                return
        await self.ensure_stream(wanted)

    async def ensure_stream(self, wanted: Json) -> None:
        """Create the stream, or bring it to `wanted` (ConfigurationConflict where that is not safe)."""
        name = str(wanted["name"])
        found = await self._find(f"STREAM.INFO.{name}", _STREAM_MISSING)
        if found is None:
            await self._call(f"STREAM.CREATE.{name}", wanted)
        elif _must_change(name, wanted, found["config"], STREAM_SAFE):
            await self._call(f"STREAM.UPDATE.{name}", {**found["config"], **wanted})

    async def ensure_consumer(self, wanted: Json) -> None:
        """Create the durable on DELIVERY, or bring it to `wanted` (ConfigurationConflict as above)."""
        name = str(wanted["durable_name"])
        found = await self._find(f"CONSUMER.INFO.{DELIVERY_STREAM}.{name}", _CONSUMER_MISSING)
        if found is None:
            config, action = wanted, "create"
        elif _must_change(name, wanted, found["config"], CONSUMER_SAFE):
            config, action = {**found["config"], **wanted}, "update"
        else:
            return
        request = {"stream_name": DELIVERY_STREAM, "config": config, "action": action}
        await self._call(f"CONSUMER.DURABLE.CREATE.{DELIVERY_STREAM}.{name}", request)

    async def present_sources(self) -> dict[str, Json]:
        """DELIVERY's sources by name, empty when it does not exist."""
        found = await self._find(f"STREAM.INFO.{DELIVERY_STREAM}", _STREAM_MISSING)
        sources = found["config"].get("sources") or [] if found else []
        return {s["name"]: {k: s[k] for k in ("name", "filter_subject") if k in s} for s in sources}

    async def _last_taken(self, nation: str) -> int:
        """The last sequence of the nation's OUT stream that DELIVERY holds a bundle of, 0 when none."""
        question = {"last_by_subj": f"out.{nation}.>"}
        found = await self._find(
            f"STREAM.MSG.GET.{DELIVERY_STREAM}", _STREAM_MISSING, _NO_MESSAGE, body=question
        )
        if found is None:
            return 0
        header = _TAKEN.search(base64.b64decode(found["message"].get("hdrs", "")))
        return int(header.group(2)) if header else 0

    async def last_under(self, subject: str) -> bytes | None:
        """What DELIVERY holds last under a subject."""
        question = {"last_by_subj": subject}
        found = await self._find(
            f"STREAM.MSG.GET.{DELIVERY_STREAM}", _STREAM_MISSING, _NO_MESSAGE, body=question
        )
        return None if found is None else base64.b64decode(found["message"].get("data", ""))

    async def _find(self, operation: str, *absent: int, body: Mapping[str, Any] | None = None) -> Json | None:
        """The answer, or None when it is one of the `absent` error codes."""
        answer = await self._ask(operation, body or {})
        problem = answer.get("error")
        if problem is None:
            return answer
        if problem.get("err_code") in absent:
            return None
        raise _failed(operation, problem)

    async def _call(self, operation: str, body: Mapping[str, Any]) -> None:
        answer = await self._ask(operation, body)
        if (problem := answer.get("error")) is not None:
            raise _failed(operation, problem)

    async def _ask(self, operation: str, body: Mapping[str, Any]) -> Json:
        try:
            answer = await self._client.request(
                f"$JS.API.{operation}", json.dumps(body).encode(), timeout=self._patience
            )
            parsed = json.loads(answer.data)
        except (NatsError, OSError, TimeoutError, ValueError) as error:
            raise ProvisioningError(f"{operation}: no usable answer ({type(error).__name__})") from error
        if not isinstance(parsed, dict):
            raise ProvisioningError(f"{operation}: the answer is not an object")
        return parsed


def _must_change(name: str, wanted: Json, found: Json, safe: frozenset[str]) -> bool:
    changes = differences(wanted, found)
    for field, want, have in changes:
        if field not in safe:
            raise ConfigurationConflict(name, field, want, have)
    return bool(changes)


def _failed(operation: str, problem: Json) -> ProvisioningError:
    return ProvisioningError(f"{operation}: {problem.get('description')} (error {problem.get('err_code')})")
