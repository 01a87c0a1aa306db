"""The gateway's app: routes, problems, and a lifespan that opens and closes the gateway behind them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TypeVar

import structlog
from fastapi import Depends, FastAPI

from bus.store.minimize import get as stored_minimize
from gateways.http import openapi, problems
from gateways.http.access import Access
from gateways.http.front import Front
from gateways.http.heeding import refuse_unheeded
from gateways.http.metrics import HttpMetrics
from gateways.http.routes import (
    agreements,
    audit_search,
    backfills,
    cancellations,
    events,
    evidence,
    inbox,
    labels,
    lanes,
    messages,
    minimize,
    oidc,
    operators,
    partners,
    reads,
    recalls,
    receipts,
    release,
    releases,
    request_answers,
    requests,
    saved_views,
    stream,
    system,
    traffic,
    traffic_export,
    traffic_stream,
    trust,
    webhook_dead_letters,
    webhooks,
)
from gateways.http.runtime import Runtime
from gateways.oidc.opening import oidc_sign_in_of
from gateways.opening import OpenGateway, open_gateway
from gateways.operators.password_sign_in import PasswordSignIn
from gateways.operators.sessions import Lifetimes, Sessions
from gateways.settings import Settings
from gateways.sole_process import sole_process
from gateways.webhooks.keeper import WebhookKeeper
from gateways.webhooks.policy import patience_of, poster_of

T = TypeVar("T")
Opener = Callable[[Settings], AbstractAsyncContextManager[OpenGateway]]

_log = structlog.get_logger("gateways.http.app")


def create_app(settings: Settings, opener: Opener = open_gateway) -> FastAPI:
    """The app of one gateway. Nothing is opened before its lifespan starts.

    ``opener`` opens store, trust, keys and the exchange with the broker, and closes them again.
    """
    metrics = HttpMetrics()
    closing = asyncio.Event()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            opened = await _or_said(_opened(stack, opener, settings))
            opened.context.minimize = await opened.context.store.read(stored_minimize)
            sessions = Sessions(opened.context, Lifetimes.of(settings))
            access = Access(opened.context, settings, metrics, sessions)
            sign_in = PasswordSignIn(opened.context, sessions)
            stack.callback(sign_in.close)
            keeper = WebhookKeeper(
                opened.context, partial(poster_of, settings), patience_of(settings), access.caller_of_key
            )
            app.state.runtime = Runtime(
                settings,
                opened.context,
                access,
                sessions,
                sign_in,
                metrics,
                closing,
                opened.broker_connected,
                keeper,
                oidc=await _or_said(oidc_sign_in_of(settings, opened.context, sessions)),
            )
            keeper.start()
            try:
                yield
            finally:
                closing.set()
                await keeper.stop()
                await access.close()

    app = FastAPI(
        title=openapi.TITLE,
        version=openapi.VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        dependencies=[Depends(refuse_unheeded)],
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.closing = closing
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    problems.install(app)
    # The stream before the inbox: /v1/inbox/stream is not a message id.
    app.include_router(messages.publishing)
    for module in (
        *(
            messages,
            cancellations,
            recalls,
            release,
            releases,
            backfills,
            stream,
            inbox,
            reads,
            receipts,
            events,
            labels,
            evidence,
            audit_search,
        ),
        *(
            requests,
            request_answers,
            partners,
            lanes,
            trust,
            agreements,
            operators,
            oidc,
            minimize,
            webhooks,
            webhook_dead_letters,
            traffic_stream,
            traffic_export,
            traffic,
            saved_views,
            system,
        ),
    ):
        app.include_router(module.router)
    metrics.export(lambda: app.state.runtime.context.counters if hasattr(app.state, "runtime") else None)
    app.add_middleware(Front, metrics=metrics, direct=messages.DIRECT)
    return app


async def _opened(stack: AsyncExitStack, opener: Opener, settings: Settings) -> OpenGateway:
    stack.enter_context(sole_process(settings.state_dir))
    return await stack.enter_async_context(opener(settings))


async def _or_said(opening: Awaitable[T]) -> T:
    """What is opened; when it cannot be, the log says why."""
    try:
        return await opening
    except Exception as error:
        # What opening raises says which file or document is wrong, and quotes no secret and no content.
        _log.error("gateway.cannot-start", fault=type(error).__name__, reason=str(error))
        raise
