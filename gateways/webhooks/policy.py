"""What a gateway's settings say about webhooks."""

from datetime import timedelta

from gateways.outgoing_tls import outgoing_context
from gateways.settings import Settings
from gateways.webhooks.addresses import TargetPolicy, read_networks
from gateways.webhooks.patience import Patience
from gateways.webhooks.post import Poster


def target_policy_of(settings: Settings) -> TargetPolicy:
    """Where webhooks may lead."""
    return TargetPolicy(read_networks(settings.webhook_networks), settings.webhook_plain_http)


def check_authorities(settings: Settings) -> None:
    """Raises OSError when the file of further authorities cannot be read or is none."""
    if settings.webhook_ca_file is not None:
        outgoing_context(settings.webhook_ca_file)


def poster_of(settings: Settings) -> Poster:
    """What posts."""
    # Only here: most gateways have no webhooks, and an HTTP client takes long to import.
    from gateways.webhooks.posting import HttpPoster
    from gateways.webhooks.resolving import SystemResolver

    return HttpPoster(
        target_policy_of(settings),
        SystemResolver(),
        settings.webhook_ca_file,
        settings.webhook_timeout_seconds,
    )


def patience_of(settings: Settings) -> Patience:
    """How long a receiver is tried."""
    return Patience(timedelta(hours=settings.webhook_retry_hours))
