"""Why a request was refused (RFC 9457)."""

from entente.client.results.result import Json, Result


class Fault(Result):
    """One of several faults of a request."""

    code: str
    pointer: str = ""
    detail: str = ""


class Problem(Result):
    """A refusal. ``code`` never changes its meaning; ``pointer`` is a JSON pointer into what was sent."""

    code: str
    status: int
    title: str = ""
    detail: str = ""
    pointer: str | None = None
    errors: tuple[Fault, ...] = ()
    what_to_do: str = ""
    instance: str | None = None
    current: Json | None = None
    """Of a change of something that was changed before: what is current."""
