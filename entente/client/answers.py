"""Reading answers, without any I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from entente.client.faults import Refused, Unreadable
from entente.client.results.accepted import Accepted, ToldByReceipt
from entente.client.results.problem import Problem
from entente.client.results.result import Result

ResultT = TypeVar("ResultT", bound=Result)
_LONGEST_NUMBER = 9
_TEXTS = frozenset({"application/xml", "text/plain"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP answer; names in ``headers`` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def retry_after(self) -> float | None:
        """Seconds that the gateway asks to wait (RFC 9110, 10.2.3; a gateway gives no date)."""
        given = self.headers.get("retry-after", "")
        return float(given) if given.isascii() and given.isdigit() and len(given) <= _LONGEST_NUMBER else None


def refuse_problems(answer: Answer) -> None:
    """Return for a success. Raises Refused for a problem, Unreadable for anything else."""
    if HTTPStatus(200) <= answer.status < HTTPStatus(300):
        return
    try:
        problem = Problem.model_validate_json(answer.body)
    except ValidationError:
        raise Unreadable(answer.status, "a problem") from None
    raise Refused(problem, answer.retry_after)


def reads_as(model: type[ResultT]) -> Callable[[Answer], ResultT]:
    """A reader of answers whose body is this model. The reader raises Unreadable."""

    def read(answer: Answer) -> ResultT:
        return read_model(model, answer.body, answer.status)

    return read


def read_model(model: type[ResultT], body: bytes, status: int = 200) -> ResultT:
    """A body as this model. Raises Unreadable, which does not say what stood there."""
    try:
        return model.model_validate_json(body)
    except ValidationError:
        raise Unreadable(status, f"what {model.__name__} is read from") from None


def read_accepted(answer: Answer) -> Accepted:
    """The answer to publishing."""
    accepted = read_model(Accepted, answer.body, answer.status)
    replayed = answer.headers.get("idempotent-replayed") == "true"
    return accepted.model_copy(update={"replayed": replayed})


def read_acknowledged(answer: Answer) -> Accepted | ToldByReceipt:
    """The answer to an acknowledgement: an accepted draft, or that it was told by receipt alone."""
    if answer.status == HTTPStatus.CREATED:
        return read_accepted(answer)
    return read_model(ToldByReceipt, answer.body, answer.status)


def read_anything(answer: Answer) -> Any:
    """JSON, or what is no JSON as text. Raises Unreadable."""
    if answer.headers.get("content-type", "").partition(";")[0].strip() not in _TEXTS:
        return read_json(answer)
    try:
        return answer.body.decode()
    except UnicodeDecodeError:
        raise Unreadable(answer.status, "text") from None


def read_json(answer: Answer) -> Any:
    """Any JSON; None for an answer without a body. Raises Unreadable."""
    if not answer.body:
        return None
    try:
        return from_json(answer.body)
    except ValueError:
        raise Unreadable(answer.status, "JSON") from None
