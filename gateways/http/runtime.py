"""What the routes of one running gateway share."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from fastapi import Request

from bus.store.partner_figures import Pace
from gateways.context import GatewayContext
from gateways.http.access import Access
from gateways.http.kept_figures import KeptFigures
from gateways.http.metrics import HttpMetrics
from gateways.http.recent_minutes import RecentMinutes
from gateways.operators.password_sign_in import PasswordSignIn
from gateways.operators.sessions import Sessions
from gateways.settings import Settings
from gateways.traffic.turns import Turns
from gateways.webhooks.keeper import WebhookKeeper

if TYPE_CHECKING:
    # Most gateways have no identity provider, and an HTTP client takes long to import.
    from gateways.oidc.sign_in import OidcSignIn


@dataclass
class Runtime:
    """Put into the app's state by its lifespan; ``closing`` is set when the server begins to stop."""

    settings: Settings
    context: GatewayContext
    access: Access
    sessions: Sessions
    sign_in: PasswordSignIn
    metrics: HttpMetrics
    closing: asyncio.Event
    broker_connected: Callable[[], bool]
    webhooks: WebhookKeeper
    oidc: "OidcSignIn | None" = None
    """Sign-in at the identity provider, where the settings name one."""
    minutes: RecentMinutes = field(default_factory=RecentMinutes)
    """Of the list of partners."""
    figures: KeptFigures[tuple[Mapping[str, int], Mapping[str, Pace]]] = field(default_factory=KeptFigures)
    """FLASH that waits, and paces, of the list of partners."""
    streams: Counter[str] = field(default_factory=Counter)
    """How many streams each caller has open."""
    searches: Turns = field(default_factory=Turns)
    """Turns of searches of the traffic: one reader at a time, the others wait, so that readers stay free."""


def runtime(request: Request) -> Runtime:
    """The runtime behind a request: there is one between the app's start-up and shutdown."""
    return cast(Runtime, request.app.state.runtime)
