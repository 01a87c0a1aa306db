"""A nation's own system in a drill: it knows its gateway's HTTP API and nothing else."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

PATIENCE = 30.0


class PartnerSystemError(Exception):
    """A gateway answered what no gateway should, or not in time."""


@dataclass(frozen=True)
class GatewayAccess:
    """Where a nation's gateway is reached, and the API key for it."""

    nation: str
    url: str
    key: str


@dataclass(frozen=True)
class Answer:
    """What a gateway answered; a problem (RFC 9457) when `status` is no success."""

    status: int
    body: Mapping[str, Any]

    @property
    def accepted(self) -> bool:
        """Whether it was a success."""
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """The stable code of a problem; the status when there is none."""
        return str(self.body.get("code", self.status))


class PartnerSystem:
    """One nation's system. `follow` keeps its view of the inbox; the rest asks."""

    def __init__(self, access: GatewayAccess, client: httpx.AsyncClient) -> None:
        self.nation = access.nation
        self.key = access.key
        self._url = access.url
        self._client = client
        self._arrived: dict[tuple[str, str], float] = {}
        self._news = asyncio.Condition()
        self._begins_after = 0

    async def begin(self) -> None:
        """Leave what stands in the inbox by now alone: it is of earlier plays."""
        entries = await self.inbox()
        self._begins_after = max((int(entry["inbox_seq"]) for entry in entries), default=0)

    async def publish(self, draft: bytes, key: str | None = None, source_id: str | None = None) -> Answer:
        """Hand in a draft, with our own API key or with `key` ("" for none)."""
        parameters = {"source_id": source_id} if source_id else None
        return await self._post("/v1/messages", draft, key, parameters, once=True)

    async def acknowledge(
        self,
        message_id: str,
        originator: str,
        acknowledgement: bytes,
        key: str | None = None,
        repeat_key: str | None = None,
    ) -> Answer:
        """Acknowledge a message of the inbox; again what was asked for under the same ``repeat_key``."""
        path = f"/v1/inbox/{message_id}/acknowledgements"
        named = {"originator": originator}
        return await self._post(path, acknowledgement, key, named, once=True, repeat_key=repeat_key)

    async def preview(self, draft: bytes) -> Answer:
        """Ask who would get a draft."""
        return await self._post("/v1/release-preview", draft, None, None)

    async def propose(self, proposal: bytes, key: str | None = None) -> Answer:
        """Propose an agreement."""
        return await self._post("/v1/agreements", proposal, key, None)

    async def act(self, digest: str, act: str, key: str | None = None) -> Answer:
        """Countersign, suspend, resume or leave the agreement with this digest."""
        return await self._post(f"/v1/agreements/{digest}/{act}", b"", key, None)

    async def agreement(self, digest: str) -> Mapping[str, Any] | None:
        """An agreement as our gateway knows it; None when it does not."""
        response = await self._client.get(
            f"{self._url}/v1/agreements/{digest}", headers=self._headers(self.key)
        )
        if response.status_code == 404:
            return None
        if response.status_code != 200:
            raise PartnerSystemError(f"{self.nation}: the agreement answered {response.status_code}")
        return _json(response)

    async def bring_trust(self, documents: bytes) -> Answer:
        """Bring signed documents of the realm to our gateway."""
        return await self._post("/v1/trust", documents, None, None)

    async def trust_version(self) -> int:
        """The number of the realm's snapshot that our gateway goes by."""
        return int((await self._get("/v1/trust", {}))["trust_version"])

    async def policies(self) -> dict[str, tuple[str, ...]]:
        """The classifications of the realm's policies as our gateway knows them, lowest first."""
        policies = (await self._get("/v1/trust", {}))["policies"]
        return {each["id"]: tuple(each["levels"]) for each in policies}

    async def broker_connected(self) -> bool:
        """Whether our gateway is connected to the broker."""
        return bool((await self._get("/readyz", {}))["broker_connected"])

    async def metrics(self) -> str | None:
        """What our gateway counts, as Prometheus text; None where our key may not know."""
        response = await self._client.get(f"{self._url}/metrics", headers=self._headers(self.key))
        if response.status_code == 403:
            return None
        if response.status_code != 200:
            raise PartnerSystemError(f"{self.nation}: the metrics answered {response.status_code}")
        return response.text

    async def refused_papers(self, partner: str) -> tuple[str, ...]:
        """Codes under which trust documents that this partner passed on were refused, oldest first."""
        found: list[str] = []
        after = 0
        while True:
            page = await self._get("/v1/audit", {"event": "trust.refused", "after": after, "limit": 500})
            if not page["items"]:
                return tuple(found)
            records = [item["record"] for item in page["items"]]
            found += [str(record.get("reason")) for record in records if record.get("partner") == partner]
            after = page["next"]

    async def hand_in(
        self,
        path: str,
        body: Mapping[str, Any] | None,
        parameters: Mapping[str, str] | None = None,
        *,
        once: bool = False,
    ) -> Answer:
        """Post something to our gateway with our own API key; ``once``: with an Idempotency-Key."""
        encoded = b"" if body is None else json.dumps(body).encode()
        return await self._post(path, encoded, None, parameters, once=once)

    async def look(self, path: str, parameters: Mapping[str, Any], key: str | None = None) -> Answer:
        """Ask our gateway for something; a problem is an answer, too."""
        headers = self._headers(self.key if key is None else key)
        response = await self._client.get(self._url + path, headers=headers, params=dict(parameters))
        return Answer(response.status_code, _json(response))

    async def answers(self, path: str, key: str) -> tuple[int, str]:
        """Status and code of what our gateway answers whoever has this key; what it shows is not read."""
        async with self._client.stream("GET", self._url + path, headers=self._headers(key)) as response:
            if response.status_code < 400:
                return response.status_code, ""
            await response.aread()
        return response.status_code, Answer(response.status_code, _json(response)).code

    async def publication(self, publication_id: str) -> Mapping[str, Any]:
        """A publication with its state per nation."""
        return await self._get(f"/v1/messages/{publication_id}", {})

    async def exact_message(self, publication_id: str) -> bytes:
        """The exact bytes of a published message, as the gateway stored it: of its fullest version."""
        response = await self._client.get(
            f"{self._url}/v1/messages/{publication_id}", headers=self._headers(self.key)
        )
        if response.status_code != 200:
            raise PartnerSystemError(f"{self.nation}: the publication answered {response.status_code}")
        answer, marker = response.content.decode(), ',"message":'
        begin = answer.index(marker) + len(marker)
        _, end = json.JSONDecoder().raw_decode(answer, begin)
        return answer[begin:end].encode()

    async def inbox(self) -> tuple[Mapping[str, Any], ...]:
        """The whole inbox since the play began."""
        found: list[Mapping[str, Any]] = []
        after = self._begins_after
        while True:
            page = await self._get("/v1/inbox", {"after": after, "limit": 500})
            if not page["items"]:
                return tuple(found)
            found += page["items"]
            after = page["next"]

    async def rejected(self) -> tuple[Mapping[str, Any], ...]:
        """What the gateway refused, newest first."""
        return tuple((await self._get("/v1/rejected", {"limit": 500}))["items"])

    async def wait_for(self, originator: str, message_id: str, within: float = PATIENCE) -> float:
        """Wait until the message stands in the inbox; gives the time (of the loop's clock) it was seen.

        PartnerSystemError when it does not come within so many seconds.
        """
        identity = (originator, message_id)
        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(lambda: identity in self._arrived)
        except TimeoutError:
            raise PartnerSystemError(
                f"{message_id} did not reach {self.nation} within {within:.0f} s"
            ) from None
        return self._arrived[identity]

    def seen_at(self, originator: str, message_id: str) -> float | None:
        """When the message was seen, in the loop's clock; None when it was not."""
        return self._arrived.get((originator, message_id))

    async def follow(self, connected: asyncio.Event) -> None:
        """Follow the inbox stream until cancelled, from its beginning; resumes where it was cut."""
        last = self._begins_after
        while True:
            with contextlib.suppress(httpx.TransportError):
                async with self._client.stream(
                    "GET",
                    f"{self._url}/v1/inbox/stream",
                    params={"after": last},
                    headers=self._headers(self.key),
                    timeout=httpx.Timeout(PATIENCE, read=120.0),
                ) as response:
                    if response.status_code != 200:
                        raise PartnerSystemError(
                            f"{self.nation}: the inbox stream answered {response.status_code}"
                        )
                    connected.set()
                    data: list[str] = []
                    async for line in response.aiter_lines():
                        if line.startswith("data: "):
                            data.append(line[6:])
                        elif not line and data:
                            entry = json.loads("\n".join(data))
                            data = []
                            last = entry["inbox_seq"]
                            await self._note(entry)
            await asyncio.sleep(0.2)

    async def _note(self, entry: Mapping[str, Any]) -> None:
        async with self._news:
            identity = (entry["originator"], entry["message_id"])
            self._arrived.setdefault(identity, asyncio.get_running_loop().time())
            self._news.notify_all()

    async def _post(
        self,
        path: str,
        body: bytes,
        key: str | None,
        parameters: Mapping[str, str] | None,
        *,
        once: bool = False,
        repeat_key: str | None = None,
    ) -> Answer:
        headers = self._headers(self.key if key is None else key) | {"Content-Type": "application/json"}
        if once:
            headers["Idempotency-Key"] = repeat_key or str(uuid.uuid4())
        response = await self._client.post(self._url + path, content=body, headers=headers, params=parameters)
        return Answer(response.status_code, _json(response))

    async def _get(self, path: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        response = await self._client.get(
            self._url + path, headers=self._headers(self.key), params=dict(parameters)
        )
        if response.status_code != 200:
            raise PartnerSystemError(f"{self.nation}: GET {path} answered {response.status_code}")
        return _json(response)

    @staticmethod
    def _headers(key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"} if key else {}


def _json(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise PartnerSystemError(f"{response.url.path} answered {response.status_code} without a JSON object")
    return body
