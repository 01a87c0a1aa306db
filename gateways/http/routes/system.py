"""What machines ask of the gateway itself: health, readiness, metrics, schemas, the reference page."""

from pathlib import Path as FilePath
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

import schemas
from gateways.http import docs_page, openapi
from gateways.http.api_keys import Scope
from gateways.http.routes.answers import GUARDED, json_response, problems
from gateways.http.runtime import runtime
from gateways.publishing.minimize import in_force
from schemas.base import Statement
from schemas.header import Kind
from schemas.reasons import ReasonCode

router = APIRouter(tags=["system"])

_SCHEMAS = FilePath(schemas.__file__).parent / "json"


class Health(Statement):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(Statement):
    """Whether drafts can be accepted and sent now; without the broker they are accepted and wait."""

    ready: bool
    store: bool
    trust_current: bool
    broker_connected: bool


@router.get(
    "/healthz",
    summary="Is the process alive?",
    responses={200: {"model": Health, "description": "Yes."}, **problems()},
)
async def show_health() -> Response:
    """Answers as long as the event loop turns."""
    return json_response(Health().encode())


@router.get(
    "/readyz",
    summary="Can drafts be accepted?",
    responses={
        200: {"model": Readiness, "description": "Yes."},
        503: {"model": Readiness, "description": "Not now: the store or the trust documents do not serve."},
        **{status: entry for status, entry in problems().items() if status != 503},
    },
)
async def show_readiness(request: Request) -> Response:
    """Store and trust must serve; a broker that is away does not stop acceptance.

    The store serves while it can be read and the last transaction was taken by the disk.
    """
    gateway = runtime(request)
    context = gateway.context
    try:
        await context.store.read(lambda tx: None)
        store = await context.store.takes_writes()
    except Exception:  # noqa: BLE001 - whatever it is, the store does not serve
        store = False
    current = not context.trust.stale(context.now())
    ready = store and current and not gateway.closing.is_set()
    body = Readiness(
        ready=ready, store=store, trust_current=current, broker_connected=gateway.broker_connected()
    )
    return json_response(body.encode(), 200 if ready else 503)


@router.get(
    "/metrics",
    summary="Metrics in Prometheus text format.",
    response_class=Response,
    responses={
        200: {
            "description": "Counts and durations; no ids, no content.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **problems(*GUARDED),
    },
)
async def show_metrics(request: Request) -> Response:
    """How much went where tells something about a nation, so this needs a key too."""
    gateway = runtime(request)
    await gateway.access.admit(request, Scope.METRICS_READ)
    context = gateway.context
    context.counters.minimize = int(in_force(context.minimize, context.now()) is not None)
    return Response(
        gateway.metrics.render(), headers={"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE_LATEST}
    )


@router.get(
    "/v1/schemas/{kind}",
    summary="The JSON Schema of a kind of message.",
    response_class=Response,
    responses={
        200: {
            "description": "JSON Schema 2020-12.",
            "content": {"application/schema+json": {"schema": {"type": "object"}}},
        },
        **problems(ReasonCode.NOT_FOUND),
    },
)
async def show_schema(
    kind: Annotated[Kind, Path(description="The kind of message.")],
    form: Annotated[
        Literal["draft", "message"], Query(description="As handed in, or as it travels.")
    ] = "draft",
) -> Response:
    """What a draft or a message of this kind must look like."""
    text = (_SCHEMAS / f"{kind.value.replace('_', '-')}-{form}.json").read_bytes()
    return Response(text, media_type="application/schema+json")


@router.get("/openapi.json", include_in_schema=False)
async def description(request: Request) -> Response:
    """The OpenAPI document."""
    return JSONResponse(await openapi.document_beside(request.app))


@router.get("/docs", include_in_schema=False)
async def reference(request: Request) -> Response:
    """The reference page."""
    page = docs_page.render(await openapi.document_beside(request.app))
    return HTMLResponse(page, headers={"Content-Security-Policy": docs_page.CONTENT_SECURITY_POLICY})
