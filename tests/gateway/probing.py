"""Probing every operation of the API's description with what it allows and what it does not (schemathesis).

Operations are taken from the document that a gateway serves, so new ones are probed without a word here.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from pydantic_core import from_json
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.gateway.running import WAIT

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EVENT_STREAM = "text/event-stream"
SEED = 4
_QUIET = settings(
    database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)

Operation = Any
Headers = Mapping[str, str]
Json = dict[str, Any]


@dataclass
class Probe:
    """A gateway being probed; ``faults`` are answers that are not as described, ``seen`` counts statuses."""

    url: str
    document: Json
    faults: set[str] = field(default_factory=set)
    seen: dict[str, Counter[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        schema = schemathesis.openapi.from_dict(self.document)
        self.operations: list[Operation] = [cast(Any, found).ok() for found in schema.get_all_operations()]
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        self._session.close()

    def generated(
        self,
        operation: Operation,
        callers: Iterable[Headers],
        count: int,
        *,
        valid: bool = True,
        path: Mapping[str, str] | None = None,
    ) -> None:
        """Send generated requests that the document allows, or does not, each as all of these callers.

        ``path`` gives its parameters their values.
        """
        mode = GenerationMode.POSITIVE if valid else GenerationMode.NEGATIVE
        strategy = operation.as_strategy(generation_mode=mode, path_parameters=dict(path) if path else None)

        @seed(SEED)
        @settings(_QUIET, max_examples=count)
        @given(case=strategy)
        def send_each(case: Any) -> None:
            for headers in callers:
                self.send(case, headers)

        try:
            send_each()
        except Unsatisfiable:
            assert not valid, operation.label  # an operation without parameters allows everything

    def examples(
        self, operation: Operation, callers: Iterable[Headers], path: Mapping[str, str] | None
    ) -> None:
        """Send what the document gives as examples of the body, else one request that it allows."""
        described = self.document["paths"][operation.path][operation.method]
        content = described.get("requestBody", {}).get("content", {})
        given = [
            {"body": example["value"], "media_type": media_type}
            for media_type, body in content.items()
            for example in body.get("examples", {}).values()
        ]
        if (content and not given) or (path is None and "{" in operation.path):
            self.generated(operation, callers, 1, path=path)
            return
        for body in given or [{}]:
            for headers in callers:
                self.send(operation.Case(path_parameters=dict(path or {}), **body), headers)

    def succeed(
        self, label: str, headers: Headers, body: Any = None, media_type: str | None = None, **path: str
    ) -> Any:
        """Send one request that has to succeed, with an answer as described; the answer's JSON."""
        (operation,) = (each for each in self.operations if each.label == label)
        given: Json = {} if body is None else {"body": body, "media_type": media_type or "application/json"}
        status, answer = self.send(operation.Case(path_parameters=path, **given), headers)
        assert is_success(status), f"{label}: {status} {answer!r}"
        return from_json(answer)

    def send(self, case: Any, headers: Headers) -> tuple[int, bytes]:
        """Send one request as whoever the headers name, and compare the answer with the document.

        Gives its status and its body; none of a stream, which has no end.
        """
        request = case.as_transport_kwargs(base_url=self.url)
        others = {
            name: value
            for name, value in (request.pop("headers", None) or {}).items()
            if name.lower() not in ("authorization", "x-api-key")
        }
        label = case.operation.label
        with self._session.request(
            **request, headers={**others, **headers}, stream=True, timeout=WAIT
        ) as answer:
            self.seen.setdefault(label, Counter())[answer.status_code] += 1
            endless = answer.headers.get("Content-Type", "").startswith(EVENT_STREAM)
            if endless and self._streams(case.operation, answer.status_code):
                return answer.status_code, b""
            try:
                case.validate_response(answer, checks=CHECKS)
            except BaseExceptionGroup as group:
                self.faults |= {f"{label}: {_first_lines(fault)}" for fault in group.exceptions}
            except AssertionError as fault:
                self.faults.add(f"{label}: {_first_lines(fault)}")
            return answer.status_code, answer.content

    def _streams(self, operation: Operation, status: int) -> bool:
        described = self.document["paths"][operation.path][operation.method]["responses"]
        return EVENT_STREAM in described.get(str(status), {}).get("content", {})


def is_success(status: int) -> bool:
    """Whether the request was done, or taken to be done."""
    return 200 <= status < 300


def known_values(lists: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """From answers of lists, by path: for each the first value of every name that stands in it."""
    return {path: dict(_leaves(answer)) for path, answer in lists.items()}


def path_of(operation: Operation, known: Mapping[str, Mapping[str, str]]) -> dict[str, str] | None:
    """Values for the operation's path that name something that is there; None when it needs none or some are
    not known."""
    names = re.findall(r"{(\w+)}", operation.path)
    values = known.get(operation.path.partition("/{")[0], {})
    found = {name: values.get(name, values.get("id", "")) for name in names}
    return found if found and all(found.values()) else None


def _leaves(value: Any) -> Iterator[tuple[str, str]]:
    # Reversed, so that in a dict made of these the first of a name stays.
    if isinstance(value, dict):
        for name, inner in reversed(value.items()):
            if isinstance(inner, str | int):
                yield name, str(inner)
            else:
                yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in reversed(value):
            yield from _leaves(inner)


def _first_lines(fault: BaseException) -> str:
    return " | ".join(line.strip() for line in str(fault).splitlines() if line.strip())[:600]
