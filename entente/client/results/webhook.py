"""Webhooks: where the gateway posts events."""

from pydantic import Field

from entente.client.results.result import Result, Time


class Webhook(Result):
    """What is posted where, and how it fares."""

    webhook_id: str
    key_id: str
    url: str
    types: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    modes: tuple[str, ...] | None = None
    created_at: Time
    created_by: str
    position: int
    failures: int
    failing_since: Time | None = None
    next_try_at: Time | None = None
    delivered_at: Time | None = None
    fault: str | None = None
    dead_letters: int
    forgotten: int
    disabled: str | None = None
    disabled_at: Time | None = None
    former_secret_until: Time | None = None


class NewWebhook(Webhook):
    """A webhook just made: its ``secret`` is not shown again."""

    secret: str = Field(repr=False)


class WebhookList(Result):
    """Webhooks, oldest first."""

    items: tuple[Webhook, ...]
