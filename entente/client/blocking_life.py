"""What the blocking client does after publishing: recall, cancel, read, requests, webhooks."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from datetime import datetime
from typing import TypeVar

from entente.client import life_calls
from entente.client.calls import Call
from entente.client.connection import new_key
from entente.client.results import (
    Accepted,
    Cancellation,
    InformationRequest,
    NewWebhook,
    ReadReport,
    Recall,
    RequestPage,
    Webhook,
    WebhookList,
)

T = TypeVar("T")


class Life(ABC):
    """The part of ``Client`` that is about what comes after publishing."""

    def recall(self, publication_id: str, *, reason: str | None = None, history: bool = False) -> Recall:
        """Recall every copy, for good. A recall cannot un-send: who read it has read it.

        ``history``: also what it updated, corrected or superseded.
        """
        return self._answered(life_calls.recall(publication_id, reason, history=history))

    def recall_status(self, publication_id: str) -> Recall:
        """Who was asked to withdraw it, who confirmed, who had read it before."""
        return self._answered(life_calls.recall_status(publication_id))

    def cancel(self, publication_id: str, *, reason: str | None = None) -> Cancellation:
        """Cancel a publication for everybody who holds it; its text stays readable, marked."""
        return self._answered(life_calls.cancel(publication_id, reason))

    def read(self, message_id: str, *, originator: str | None = None) -> ReadReport:
        """Report that a person, one of your system's own users, opened a message. The first time counts."""
        return self._answered(life_calls.read(message_id, originator))

    def requests(
        self,
        *,
        role: str | None = None,
        states: Collection[str] | None = None,
        assignee: str | None = None,
        due_before: datetime | None = None,
        mode: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> RequestPage:
        """A page of information requests, newest first; ``role``: asked (of us) or asking (by us)."""
        return self._answered(life_calls.requests(role, states, assignee, due_before, mode, before, limit))

    def request(self, message_id: str, *, originator: str | None = None) -> InformationRequest:
        """One information request with everything that was done about it, and what is legal now."""
        return self._answered(life_calls.request(message_id, originator))

    def accept_request(
        self,
        message_id: str,
        *,
        further_answer_by: datetime | None = None,
        responding_office: str | None = None,
        originator: str | None = None,
        idempotency_key: str | None = None,
    ) -> Accepted:
        """Tell a partner that its request is being worked on."""
        return self._answered(
            life_calls.answer_request(
                message_id,
                "accept",
                key=idempotency_key or new_key(),
                originator=originator,
                further_answer_by=further_answer_by,
                responding_office=responding_office,
            )
        )

    def decline_request(
        self,
        message_id: str,
        *,
        decline_code: str,
        responding_office: str | None = None,
        originator: str | None = None,
        idempotency_key: str | None = None,
    ) -> Accepted:
        """Tell a partner that nothing will be answered, with a neutral code."""
        return self._answered(
            life_calls.answer_request(
                message_id,
                "decline",
                key=idempotency_key or new_key(),
                originator=originator,
                decline_code=decline_code,
                responding_office=responding_office,
            )
        )

    def redirect_request(
        self,
        message_id: str,
        *,
        redirect_to: str,
        responding_office: str | None = None,
        originator: str | None = None,
        idempotency_key: str | None = None,
    ) -> Accepted:
        """Tell a partner which nation may know."""
        return self._answered(
            life_calls.answer_request(
                message_id,
                "redirect",
                key=idempotency_key or new_key(),
                originator=originator,
                redirect_to=redirect_to,
                responding_office=responding_office,
            )
        )

    def close_request(
        self, message_id: str, *, outcome: str, nation: str | None = None, originator: str | None = None
    ) -> InformationRequest:
        """Say that no further answer to a request of ours is wanted; of ``nation`` alone, if one is given."""
        return self._answered(life_calls.close_request(message_id, outcome, nation, originator))

    def cancel_request(
        self, message_id: str, *, reason: str | None = None, originator: str | None = None
    ) -> InformationRequest:
        """Take a request of ours back."""
        return self._answered(life_calls.cancel_request(message_id, reason, originator))

    def webhooks(self) -> WebhookList:
        """This key's webhooks."""
        return self._answered(life_calls.webhooks())

    def add_webhook(
        self,
        url: str,
        *,
        types: Collection[str] | None = None,
        kinds: Collection[str] | None = None,
        modes: Collection[str] | None = None,
    ) -> NewWebhook:
        """Have events posted to an address. Keep the ``secret``: it is not shown again."""
        return self._answered(life_calls.add_webhook(url, types, kinds, modes))

    def delete_webhook(self, webhook_id: str) -> Webhook:
        """Have nothing posted there any more."""
        return self._answered(life_calls.delete_webhook(webhook_id))

    @abstractmethod
    def _answered(self, call: Call[T]) -> T:
        """What the gateway answers."""
