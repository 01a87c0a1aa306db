"""One realm, one broker and two gateways for all HTTP tests; special gateways are started by their tests."""

from collections.abc import Iterator

import pytest

from tests.gateway.asking import ask
from tests.gateway.hook_receiver import FOLLOWS, HookReceiver, hook_receiver
from tests.gateway.running import Gateway, World

MANY = 1000
"""Tests have more refused in a second than a gateway notes one by one."""
_shared: dict[str, Gateway] = {}
"""Those that serve one file of tests after the other."""


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("gateway"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def xaa(world: World) -> Iterator[Gateway]:
    with world.gateway("XAA", refusals_per_second=MANY) as running:
        _shared["XAA"] = running
        yield running
        _shared.clear()


@pytest.fixture(scope="session")
def xbb(world: World) -> Iterator[Gateway]:
    with world.gateway(
        "XBB", refusals_per_second=MANY, webhook_networks="127.0.0.0/8", webhook_plain_http=True
    ) as running:
        _shared["XBB"] = running
        yield running
        _shared.clear()


@pytest.fixture(scope="module", autouse=True)
def _nothing_under_way() -> None:
    """What the file before sent has arrived before the next one begins."""
    if len(_shared) > 1:
        for nation, gateway in _shared.items():
            gateway.wait_delivered([other for other in _shared if other != nation])


@pytest.fixture
def receiver() -> Iterator[HookReceiver]:
    """A partner system that takes webhooks."""
    with hook_receiver() as listening:
        yield listening


@pytest.fixture
def key(xbb: Gateway) -> Iterator[str]:
    """A partner system's own key; its webhooks go with it."""
    made = xbb.new_key(FOLLOWS, rate_per_second=1000, burst=1000)
    yield made
    xbb.write(lambda tx: tx.execute("DELETE FROM webhook WHERE key_id = ?", (made.split("_")[1],)))


@pytest.fixture
def asked(xaa: Gateway, xbb: Gateway) -> str:
    """The message id of a request of XAA's that XBB has."""
    return ask(xaa, xbb)
