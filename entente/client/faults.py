"""What can go wrong.

ClientError
    Refused       the gateway answered with a problem: code, pointer, what to do
    Unreachable   no answer came, however often it was asked
    Unreadable    something answered that is not understood
"""

from entente.client.results.problem import Fault, Problem


class ClientError(Exception):
    """Everything that a client raises about a request; none of it quotes the API key or a message."""


class Refused(ClientError):
    """The gateway refused the request; nothing of it was accepted. Act on ``code``."""

    def __init__(self, problem: Problem, retry_after: float | None = None) -> None:
        place = f" at {problem.pointer}" if problem.pointer else ""
        super().__init__(
            f"{problem.code}{place}: {problem.detail or problem.title} {problem.what_to_do}".strip()
        )
        self.problem = problem
        self.retry_after = retry_after
        """Seconds that the gateway asks to wait, where it says so."""

    @property
    def code(self) -> str:
        """The stable code, as docs/errors.md lists it."""
        return self.problem.code

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status

    @property
    def pointer(self) -> str | None:
        """JSON pointer to the first fault in what was sent."""
        return self.problem.pointer

    @property
    def errors(self) -> tuple[Fault, ...]:
        """Every fault, where there are several."""
        return self.problem.errors

    @property
    def what_to_do(self) -> str:
        """What can be done about it, in plain words."""
        return self.problem.what_to_do


class Unreachable(ClientError):
    """No answer came. With ``maybe_done`` the request may have been carried out all the same."""

    def __init__(self, tries: int, *, maybe_done: bool) -> None:
        unknown = "; it may have been carried out" if maybe_done else ""
        super().__init__(f"the gateway did not answer ({tries} {'try' if tries == 1 else 'tries'}){unknown}")
        self.tries = tries
        self.maybe_done = maybe_done


class Unreadable(ClientError):
    """What answered is no gateway of Entente, or one that this client does not understand."""

    def __init__(self, status: int, wanted: str) -> None:
        super().__init__(f"the answer (status {status}) is not {wanted}")
        self.status = status
