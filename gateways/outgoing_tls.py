"""TLS of what the gateway asks of others: whose certificates count, and whether a failure was one of TLS."""

import ssl
from pathlib import Path


def outgoing_context(authorities: Path | None) -> ssl.SSLContext:
    """This machine's authorities, and those in the file beside them. Raises OSError for a bad file."""
    context = ssl.create_default_context()
    if authorities is not None:
        context.load_verify_locations(authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def is_of_tls(error: BaseException) -> bool:
    """Whether it goes back to a handshake or a certificate."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
