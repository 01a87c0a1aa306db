"""One post to a webhook's receiver: to an address that was looked at, no further, no longer, no larger."""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

import httpx
import structlog

from gateways.outgoing_tls import is_of_tls, outgoing_context
from gateways.webhooks.addresses import Address, TargetPolicy
from gateways.webhooks.post import PostFailed
from gateways.webhooks.resolving import NotPermitted, Resolver, permitted_addresses
from gateways.webhooks.target import Target

ANSWER_OCTETS = 4096
"""So much of an answer is read, and thrown away: only its status counts."""
TRIED_ADDRESSES = 3

_log = structlog.get_logger("gateways.webhooks")


@dataclass(frozen=True)
class HttpPoster:
    """Posts to receivers. No redirects, proxies, cookies or kept connections: each post stands alone.

    A connection is made to an address that was just looked at, not to the name again, so that a name server
    cannot answer otherwise the second time; the certificate must be the name's.
    """

    policy: TargetPolicy
    resolver: Resolver
    ca_file: Path | None = None
    """Further authorities that receivers' certificates may rest on."""
    within: float = 15.0
    """Seconds for everything: name, connection, sending, answer."""

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """How certificates are checked; made when it is first needed. Raises OSError for a bad file."""
        return outgoing_context(self.ca_file)

    async def post(self, target: Target, headers: Mapping[str, str], body: bytes) -> None:
        """Return once the receiver took it (2xx). Raises PostFailed."""
        try:
            async with asyncio.timeout(self.within):
                addresses = await permitted_addresses(target, self.policy, self.resolver)
                status, retry_after = await self._to_one_of(addresses, target, headers, body)
        except TimeoutError:
            raise PostFailed("TIMED_OUT") from None
        except NotPermitted as refused:
            # One code for a name that is not there and for one that leads inside: nobody shall learn from
            # outside which names there are inside.
            _log.warning("webhook.target-refused", why=str(refused))
            raise PostFailed("NO_PERMITTED_ADDRESS") from None
        if not 200 <= status <= 299:
            raise PostFailed(f"STATUS_{status}", retry_after, gone=status == 410)

    async def _to_one_of(
        self, addresses: tuple[Address, ...], target: Target, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, timedelta | None]:
        fault = "NOT_CONNECTED"
        for address in addresses[:TRIED_ADDRESSES]:
            try:
                return await self._to(address, target, headers, body)
            except httpx.ConnectError as error:
                fault = "TLS_FAILED" if is_of_tls(error) else "NOT_CONNECTED"
            except httpx.ConnectTimeout:
                fault = "TIMED_OUT"
            except httpx.TimeoutException:
                raise PostFailed("TIMED_OUT") from None
            except (httpx.HTTPError, httpx.InvalidURL, ValueError):
                # It may have been taken: no other address is tried with it now.
                raise PostFailed("CONNECTION_BROKEN") from None
        raise PostFailed(fault)

    async def _to(
        self, address: Address, target: Target, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, timedelta | None]:
        request = httpx.Request(
            "POST",
            httpx.URL(
                scheme="https" if target.encrypted else "http",
                host=str(address),
                port=target.port,
                raw_path=target.path.encode("ascii"),
            ),
            headers={
                "Host": target.authority,
                "User-Agent": "entente",
                "Accept-Encoding": "identity",
                "Connection": "close",
                **headers,
            },
            content=body,
            extensions={
                "sni_hostname": target.host,
                "timeout": {
                    "connect": self.within / TRIED_ADDRESSES,
                    **dict.fromkeys(("read", "write", "pool"), self.within),
                },
            },
        )
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncHTTPTransport(verify=self.tls, limits=limits, trust_env=False) as transport:
            response = await transport.handle_async_request(request)
            try:
                with suppress(httpx.HTTPError):
                    await _read_some(response)
            finally:
                await response.aclose()
        return response.status_code, _retry_after(response)


async def _read_some(response: httpx.Response) -> None:
    """Read what a well-behaved receiver answers, so that it sees its answer taken."""
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size >= ANSWER_OCTETS:
            return


def _retry_after(response: httpx.Response) -> timedelta | None:
    text = response.headers.get("retry-after", "")
    return timedelta(seconds=int(text)) if text.isascii() and text.isdigit() and len(text) <= 6 else None
