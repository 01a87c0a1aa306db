"""Bodies made from the example drafts by one change each."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from schemas import generate
from schemas.header import Kind, Reference, Relation
from schemas.message import parse_draft

EXAMPLES = Path(generate.__file__).parent / "examples"

NOW = datetime(2026, 11, 22, tzinfo=UTC)
"""A time of issue that suits the examples."""

Change = Callable[[dict[str, Any]], object]


def changed(kind: Kind, change: Change) -> Any:
    """The body of the kind's example after the change."""
    draft = json.loads((EXAMPLES / f"{kind}.json").read_text(encoding="utf-8"))
    change(draft["body"])
    return parse_draft(json.dumps(draft).encode()).body


def put(**fields: Any) -> Change:
    return lambda body: body.update(fields)


def drop(*fields: str, **more: Any) -> Change:
    def change(body: dict[str, Any]) -> None:
        for field in fields:
            del body[field]
        body.update(more)

    return change


def put_in(field: str, index: int | None = None, **fields: Any) -> Change:
    return lambda body: (body[field] if index is None else body[field][index]).update(fields)


def reference(relation: Relation) -> Reference:
    return Reference(
        message_id="01979b3e-7c00-7abc-8def-0123456789ab",
        originator="XAA",
        digest="sha256:" + "0" * 64,
        relation=relation,
    )


E, T, Q, A, K = (
    Kind.EXERCISE_NOTICE,
    Kind.THREAT_ALERT,
    Kind.INFORMATION_REQUEST,
    Kind.INFORMATION_RESPONSE,
    Kind.ACKNOWLEDGEMENT,
)
