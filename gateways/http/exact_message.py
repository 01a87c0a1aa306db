"""A view with its message's exact bytes in it: what was signed is never re-serialised."""

from schemas.base import Statement


def with_message(view: Statement, content: bytes) -> bytes:
    """The view as JSON with ``content``, the exact message, as its member ``message``."""
    return b'%b,"message":%b}' % (view.encode()[:-1], content)
