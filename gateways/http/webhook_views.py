"""What the API takes and shows of webhooks. A secret is shown once: when it is made."""

from typing import Annotated, Any

from pydantic import Field

from bus.store.dead_letters import DeadLetter
from bus.store.webhooks import Disabled, Webhook
from gateways.webhooks.target import MAX_URL
from schemas.base import HexId, Statement, UtcTime
from schemas.event import EventType
from schemas.header import Kind, Mode

KeyHexId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class WebhookRequest(Statement):
    """Where to post which events."""

    url: Annotated[str, Field(max_length=MAX_URL)] = Field(
        description="https://host[:port]/path; http only where this nation's policy allows it."
    )
    types: tuple[EventType, ...] | None = Field(None, description="Only these types of event.", min_length=1)
    kinds: tuple[Kind, ...] | None = Field(
        None, description="Only what is about messages of these kinds.", min_length=1
    )
    modes: tuple[Mode, ...] | None = Field(None, description="Only what is of these modes.", min_length=1)
    key_id: KeyHexId | None = Field(
        None,
        description="The API key that it belongs to, and whose view of things is posted: for security "
        "officers, who must say; an API key registers for itself.",
    )


class ReplayRequest(Statement):
    """Where to begin again."""

    after: int = Field(ge=0, le=2**53, description="Post again what follows this event_seq.")


class WebhookView(Statement):
    """A webhook: what it posts where, and how it fares."""

    webhook_id: HexId
    key_id: KeyHexId
    url: str
    types: tuple[EventType, ...] | None = None
    kinds: tuple[Kind, ...] | None = None
    modes: tuple[Mode, ...] | None = None
    created_at: UtcTime
    created_by: str
    position: int = Field(
        description="The event_seq dealt with last. It may lag where nothing was for this webhook."
    )
    failures: int = Field(description="Failed posts in a row.")
    failing_since: UtcTime | None = None
    next_try_at: UtcTime | None = None
    delivered_at: UtcTime | None = Field(None, description="When the receiver last took something.")
    fault: str | None = Field(None, description="What the last post failed of; see docs/webhooks.md.")
    dead_letters: int = Field(description="Events that were given up.")
    forgotten: int = Field(
        description="Events that were no longer kept when their turn came, whether they were for it or not."
    )
    disabled: Disabled | None = Field(
        None,
        description="Why nothing is posted: GONE (the receiver answered 410), KEY (its key is not good).",
    )
    disabled_at: UtcTime | None = None
    former_secret_until: UtcTime | None = Field(
        None, description="Until then posts are signed under the secret before, too."
    )


class WebhookSecretView(WebhookView):
    """A webhook with its new secret: it is not shown again."""

    secret: str = Field(description="whsec_...: verify signatures with it (Standard Webhooks).", repr=False)


class WebhookList(Statement):
    """Webhooks, oldest first."""

    items: tuple[WebhookView, ...]


class DeadLetterView(Statement):
    """An event that the receiver did not take in time."""

    event_seq: int
    died_at: UtcTime = Field(description="When it was given up, or last tried.")
    tries: int
    fault: str
    again: bool = Field(description="Whether it is about to be posted once more.")


class DeadLetterPage(Statement):
    """Dead letters in order of the feed."""

    items: tuple[DeadLetterView, ...]
    next: int = Field(description="Give it as after= for what follows.")


def webhook_view(stored: Webhook, dead: int, secret: str | None = None) -> WebhookView:
    """A webhook as it is shown; with its secret right after that was made."""
    course = stored.course
    fields: dict[str, Any] = {
        "webhook_id": stored.webhook_id,
        "key_id": stored.key_id,
        "url": stored.url,
        "types": stored.types,
        "kinds": stored.kinds,
        "modes": stored.modes,
        "created_at": stored.created_at,
        "created_by": stored.created_by,
        "position": course.position,
        "failures": course.failures,
        "failing_since": course.failing_since,
        "next_try_at": course.next_try_at,
        "delivered_at": course.delivered_at,
        "fault": course.fault,
        "dead_letters": dead,
        "forgotten": course.forgotten,
        "disabled": course.disabled,
        "disabled_at": course.disabled_at,
        "former_secret_until": stored.former_until,
    }
    if secret is None:
        return WebhookView.model_construct(**fields)
    return WebhookSecretView.model_construct(**fields, secret=secret)


def dead_letter_view(stored: DeadLetter) -> DeadLetterView:
    """A dead letter as it is shown."""
    return DeadLetterView.model_construct(
        event_seq=stored.event_seq,
        died_at=stored.died_at,
        tries=stored.tries,
        fault=stored.fault,
        again=stored.again,
    )
