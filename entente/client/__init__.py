"""A Python client for partner systems: publish, read and follow the inbox, acknowledge (docs/client.md).

It needs nothing of a gateway's code: httpx and pydantic alone. What requests are made and how answers are
read is decided once, without any I/O (``calls``, ``attempts``, ``following``); ``Client`` and ``AsyncClient``
only carry it out.
"""

from entente.client.asynchronous import AsyncClient
from entente.client.attempts import Retries
from entente.client.blocking import Client
from entente.client.faults import ClientError, Refused, Unreachable, Unreadable

__all__ = ["AsyncClient", "Client", "ClientError", "Refused", "Retries", "Unreachable", "Unreadable"]
