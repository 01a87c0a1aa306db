"""Labels as STANAG 4774 documents: of a message in the inbox, of a publication, and read for a draft."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from bus.protocol.classification import equivalent
from bus.store import publications
from gateways.http.api_keys import Scope
from gateways.http.label_views import LabelReadView, label_document, label_read
from gateways.http.limits import XML, read_xml_body
from gateways.http.problems import ApiRefused
from gateways.http.routes.answers import GUARDED, answers, problems, statement_response
from gateways.http.routes.inbox import MessageId, Originator, the_one
from gateways.http.runtime import Runtime, runtime
from schemas.base import ShortText, Uuid
from schemas.interop.stanag4774 import MAX_LABEL_BYTES
from schemas.reasons import ReasonCode as C
from schemas.strict_json import parse
from schemas.wire import MAX_CONTENT_BYTES

router = APIRouter(prefix="/v1", tags=["labels"])

READING = (
    *(C.BODY_TOO_LARGE, C.BODY_TOO_SLOW, C.MEDIA_TYPE_UNSUPPORTED),
    *(code for code in C if code.value.startswith("LABEL_XML_")),
)
"""What a document can be refused for."""

AsPolicy = Annotated[
    ShortText | None,
    Query(
        description="Instead of the originator's label, its equivalent in this policy, by the equivalences "
        "in force: an alternativeConfidentialityLabel."
    ),
]
_DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The label as a STANAG 4774 document, an originatorConfidentialityLabel.",
        "content": {XML: {"schema": {"type": "string"}}},
    }
}


def _document_answers(*codes: C) -> dict[int | str, dict[str, Any]]:
    return {**_DOCUMENT, **problems(*GUARDED, C.NOT_FOUND, C.LABEL_NOT_IN_4774, *codes)}


@router.get(
    "/inbox/{message_id}/label.xml",
    summary="Show the label of one message of the inbox as a STANAG 4774 document.",
    response_class=Response,
    responses=_document_answers(C.MESSAGE_ID_AMBIGUOUS, C.CLASSIFICATION_UNMAPPED, C.RECALLED),
)
async def show_inbox_label(
    request: Request, message_id: MessageId, originator: Originator = None, policy: AsPolicy = None
) -> Response:
    """The originator's label, which nobody overwrites; or an equivalent, which stands beside it."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.INBOX_READ)
    stored = await the_one(gateway, caller, message_id, originator)
    if stored.recalled_at is not None:
        raise ApiRefused(C.RECALLED)
    return _document(gateway, stored.content, policy)


@router.get(
    "/messages/{publication_id}/label.xml",
    summary="Show the label of one publication as a STANAG 4774 document.",
    response_class=Response,
    responses=_document_answers(C.CLASSIFICATION_UNMAPPED),
)
async def show_publication_label(
    request: Request,
    publication_id: Annotated[Uuid, Path(description="As POST /v1/messages answered.")],
    policy: AsPolicy = None,
) -> Response:
    """The label as this nation signed it; or an equivalent, which stands beside it."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.MESSAGES_READ)
    stored = await gateway.context.store.read(lambda tx: publications.get(tx, publication_id))
    if stored is None or not caller.sees(stored.publication.kind, stored.publication.mode):
        raise ApiRefused(C.NOT_FOUND)
    return _document(gateway, stored.content, policy)


@router.post(
    "/labels/read",
    summary="Read a STANAG 4774 document as a draft's label.",
    responses=answers(200, LabelReadView, "The label, for a draft. Nothing was kept.", READING),
    openapi_extra={
        "requestBody": {"required": True, "content": {XML: {"schema": {"type": "string"}}}},
    },
)
async def read_label(request: Request) -> Response:
    """Strict: what is not understood is refused, and the label is never wider than the document."""
    gateway = runtime(request)
    await gateway.access.admit(request, Scope.MESSAGES_WRITE)
    raw = await read_xml_body(
        request, max_bytes=MAX_LABEL_BYTES, within=gateway.settings.body_timeout_seconds
    )
    # In a thread: a large document takes long enough to be noticed by everybody else.
    read = await asyncio.to_thread(label_read, raw, gateway.context.trust, gateway.context.now())
    return statement_response(read)


def _document(gateway: Runtime, content: bytes, policy: str | None) -> Response:
    trust = gateway.context.trust
    alternative = None
    if policy is not None:
        label = parse(content, MAX_CONTENT_BYTES)["label"]
        found = equivalent(label["policy"], label["classification"], policy, trust, gateway.context.now())
        if found is None:
            raise ApiRefused(C.CLASSIFICATION_UNMAPPED, pointer="/query/policy")
        alternative = found.policy, found.classification
    made = label_document(content, trust, alternative)
    return Response(made, 200, {"Cache-Control": "no-store"}, media_type=XML)
