"""The requests made of a gateway after publishing (recall, read, requests, webhooks), without any I/O."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from pydantic_core import to_json

from entente.client.answers import read_accepted, reads_as
from entente.client.calls import Call, call_get, call_post, path_to, time_given
from entente.client.results.accepted import Accepted
from entente.client.results.life import Cancellation, ReadReport, Recall
from entente.client.results.request import InformationRequest, RequestPage
from entente.client.results.webhook import NewWebhook, Webhook, WebhookList

T = TypeVar("T")


def recall(publication_id: str, reason: str | None, *, history: bool) -> Call[Recall]:
    """Recall every copy. Doing it again changes nothing more."""
    path = path_to("/v1/messages", publication_id, "recall")
    return _harmless(call_post(path, _body(reason=reason, history=history), reads_as(Recall), key=None))


def recall_status(publication_id: str) -> Call[Recall]:
    """Who was asked, who confirmed, who had read it."""
    return call_get(path_to("/v1/messages", publication_id, "recall"), reads_as(Recall))


def cancel(publication_id: str, reason: str | None) -> Call[Cancellation]:
    """Cancel for everybody who holds it. Doing it again changes nothing."""
    path = path_to("/v1/messages", publication_id, "cancel")
    return _harmless(call_post(path, _body(reason=reason), reads_as(Cancellation), key=None))


def read(message_id: str, originator: str | None) -> Call[ReadReport]:
    """Report that a person read it. The first time counts."""
    path = path_to("/v1/inbox", message_id, "read")
    return _harmless(call_post(path, None, reads_as(ReadReport), key=None, originator=originator))


def requests(
    role: str | None,
    states: Collection[str] | None,
    assignee: str | None,
    due_before: datetime | None,
    mode: str | None,
    before: int | None,
    limit: int,
) -> Call[RequestPage]:
    """A page of requests, newest first. Raises ValueError for a time without an offset."""
    due = None if due_before is None else time_given(due_before)
    narrowed = {"role": role, "state": states, "assignee": assignee, "due_before": due, "mode": mode}
    return call_get("/v1/requests", reads_as(RequestPage), before=before, limit=limit, **narrowed)


def request(message_id: str, originator: str | None) -> Call[InformationRequest]:
    """One request with its timeline."""
    return call_get(path_to("/v1/requests", message_id), reads_as(InformationRequest), originator=originator)


def answer_request(
    message_id: str,
    act: str,
    *,
    key: str,
    originator: str | None,
    further_answer_by: datetime | None = None,
    **said: str | None,
) -> Call[Accepted]:
    """Accept, decline or redirect a partner's request. Raises ValueError for a time without an offset."""
    until = None if further_answer_by is None else time_given(further_answer_by)
    path = path_to("/v1/requests", message_id, act)
    body = _body(**said, further_answer_by=until)
    return call_post(path, body, read_accepted, key=key, originator=originator)


def close_request(
    message_id: str, outcome: str, nation: str | None, originator: str | None
) -> Call[InformationRequest]:
    """Close a request of ours. Closing again with the same outcome changes nothing."""
    return _own_request(message_id, "close", originator, outcome=outcome, nation=nation)


def cancel_request(message_id: str, reason: str | None, originator: str | None) -> Call[InformationRequest]:
    """Take a request of ours back. Doing it again changes nothing."""
    return _own_request(message_id, "cancel", originator, reason=reason)


def webhooks() -> Call[WebhookList]:
    """The webhooks of this key."""
    return call_get("/v1/webhooks", reads_as(WebhookList))


def add_webhook(
    url: str,
    types: Collection[str] | None,
    kinds: Collection[str] | None,
    modes: Collection[str] | None,
) -> Call[NewWebhook]:
    """A new webhook. Repeated it would be a second one."""
    lists = {"types": types, "kinds": kinds, "modes": modes}
    given = {name: None if values is None else list(values) for name, values in lists.items()}
    return call_post("/v1/webhooks", _body(url=url, **given), reads_as(NewWebhook), key=None)


def delete_webhook(webhook_id: str) -> Call[Webhook]:
    """Post there no more. Repeated it is not found."""
    return Call("DELETE", path_to("/v1/webhooks", webhook_id), reads_as(Webhook), repeatable=False)


def _own_request(
    message_id: str, act: str, originator: str | None, **said: str | None
) -> Call[InformationRequest]:
    path = path_to("/v1/requests", message_id, act)
    read = reads_as(InformationRequest)
    return _harmless(call_post(path, _body(**said), read, key=None, originator=originator))


def _harmless(call: Call[T]) -> Call[T]:
    return replace(call, repeatable=True)


def _body(**members: object) -> bytes:
    return to_json({name: value for name, value in members.items() if value is not None})
