"""A provider of ours, and a desk where operators sign in there."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bus.store import operator_identities
from bus.store.operator_identities import Identity
from gateways.context import GatewayContext
from gateways.oidc.provider import Provider
from gateways.oidc.sign_in import OidcSignIn
from gateways.oidc.way import Begun, WayBack
from gateways.operators.sessions import Issued, SignedIn
from tests.gateway.operator_desk import HERE, Desk, open_desk
from tests.oidc.certificates import Certificates, make_certificates
from tests.oidc.own_provider import BACK, OwnProvider, own_provider


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def listening(certificates: Certificates) -> Iterator[OwnProvider]:
    with own_provider(certificates) as provider:
        yield provider


@pytest.fixture
def provider(listening: OwnProvider) -> OwnProvider:
    """One that knows nothing of the test before."""
    listening.forget()
    return listening


@dataclass
class Counter:
    """A desk beside the provider; the desk's clock is the provider's, too."""

    desk: Desk
    provider: OwnProvider
    sign_in: OidcSignIn

    async def begin(self, signed_in: SignedIn | None = None) -> Begun:
        return await self.sign_in.begin(BACK, signed_in)

    def back(self, begun: Begun, **changes: Any) -> WayBack:
        """The person was authenticated and is sent back."""
        given = self.provider.authorize(begun.authorization_url, self.desk.at, **changes)
        return way_back(begun, given)

    async def finish(self, back: WayBack) -> Issued:
        return await self.sign_in.finish(back, HERE)

    async def signed_in(self, **changes: Any) -> Issued:
        """The whole way."""
        return await self.finish(self.back(await self.begin(), **changes))

    async def link(self, value: str, name: str = "anna", claim: str = "sub") -> None:
        identity = Identity(self.provider.url, claim, value)
        await self.desk.store.write(lambda tx: operator_identities.link(tx, name, identity, self.desk.at))


def way_back(begun: Begun, given: dict[str, Any]) -> WayBack:
    return WayBack(begun.transaction, given["state"], given["code"], given["iss"])


def made_counter(desk: Desk, provider: OwnProvider, secret: str | None = None, **changes: Any) -> Counter:
    settings = provider.oidc_settings(**changes)
    sign_in = OidcSignIn(
        cast(GatewayContext, desk),
        desk.sessions,
        settings,
        Provider(settings, secret, desk.seconds),
        timedelta(hours=12),
        desk.seconds,
    )
    return Counter(desk, provider, sign_in)


@pytest.fixture
async def counter(tmp_path: Path, provider: OwnProvider) -> AsyncIterator[Counter]:
    """Anna, whom the provider calls 1234."""
    async with open_desk(tmp_path) as desk:
        await desk.add()
        made = made_counter(desk, provider)
        await made.link("1234")
        yield made
