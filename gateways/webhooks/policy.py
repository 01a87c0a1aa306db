"""What a gateway's settings say about webhooks."""

from datetime import timedelta

from gateways.settings import Settings
from gateways.webhooks.addresses import TargetPolicy, read_networks
from gateways.webhooks.patience import Patience
from gateways.webhooks.posting import Poster
from gateways.webhooks.resolving import SystemResolver


def target_policy_of(settings: Settings) -> TargetPolicy:
    """Where webhooks may lead."""
    return TargetPolicy(read_networks(settings.webhook_networks), settings.webhook_plain_http)


def poster_of(settings: Settings) -> Poster:
    """What posts. Raises OSError when the file of authorities cannot be read."""
    poster = Poster(
        target_policy_of(settings),
        SystemResolver(),
        settings.webhook_ca_file,
        settings.webhook_timeout_seconds,
    )
    if settings.webhook_ca_file is not None:
        _ = poster.tls
    return poster


def patience_of(settings: Settings) -> Patience:
    """How long a receiver is tried."""
    return Patience(timedelta(hours=settings.webhook_retry_hours))
