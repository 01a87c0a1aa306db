"""The label out of a message's exact bytes, read once for everything that a view says of it."""

from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from schemas.label import DraftLabel


@dataclass(frozen=True, slots=True)
class SignedLabel:
    """Who signed a label, and what it says as authored (``DraftLabel``'s fields, made hashable)."""

    originator: str
    fields: tuple[tuple[str, Any], ...]
    policy: str
    classification: str


def signed_label(content: bytes) -> SignedLabel:
    """The label of an admitted or accepted message. It was checked then; here it is only read."""
    message = from_json(content)
    label: dict[str, Any] = message["label"]
    fields = tuple(
        (name, tuple(value) if isinstance(value, list) else value)
        for name, value in label.items()
        if name in DraftLabel.model_fields
    )
    return SignedLabel(message["header"]["originator"], fields, label["policy"], label["classification"])
