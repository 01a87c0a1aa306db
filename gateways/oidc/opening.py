"""What a gateway's settings say about signing in, made so when it starts."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bus.store import operator_sessions
from gateways.context import GatewayContext
from gateways.operators.sessions import PASSWORD, PROVIDER, Sessions
from gateways.outgoing_tls import outgoing_context
from gateways.settings import Settings

if TYPE_CHECKING:
    from gateways.oidc.sign_in import OidcSignIn

MAX_SECRET = 1024


async def oidc_sign_in_of(
    settings: Settings, context: GatewayContext, sessions: Sessions
) -> "OidcSignIn | None":
    """What signs in at the identity provider; None where there is none.

    Sessions that began in a way that is switched off have ended. Raises OSError or ValueError when a file
    that the settings name cannot be read or is not what it has to be.
    """

    if not settings.operator_passwords:
        await _end(context, PASSWORD)
    if settings.oidc_issuer is None:
        await _end(context, PROVIDER)
        return None
    # Only here: most gateways have no provider, and an HTTP client takes long to import.
    from gateways.oidc.provider import Provider
    from gateways.oidc.sign_in import OidcSignIn

    if settings.oidc_ca_file is not None:
        outgoing_context(settings.oidc_ca_file)
    provider = Provider(settings, _secret(settings.oidc_client_secret_file))
    longest = timedelta(hours=settings.operator_session_hours)
    return OidcSignIn(context, sessions, settings, provider, longest)


async def _end(context: GatewayContext, means: str) -> None:
    if await context.store.read(lambda tx: operator_sessions.begun_by(tx, means)):
        await context.store.write(lambda tx: operator_sessions.end_begun_by(tx, means))


def _secret(file: Path | None) -> str | None:
    """The client secret, which stands alone in its file."""
    if file is None:
        return None
    text = file.read_text(encoding="utf-8").strip()
    if not text or len(text) > MAX_SECRET or not text.isprintable():
        raise ValueError("the client secret's file holds one line of printable characters")
    return text
