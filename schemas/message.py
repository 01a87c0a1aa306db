"""Message = header + label + body; and the draft a partner system hands in (design 3)."""

import json
import re
from typing import Annotated, Any, Generic

from pydantic import Field

from schemas.acknowledgement import Acknowledgement
from schemas.base import Statement
from schemas.exercise_notice import ExerciseNotice
from schemas.header import DraftHeader, Header, Kind
from schemas.information_request import InformationRequest
from schemas.information_response import InformationResponse
from schemas.label import ConfidentialityLabel, DraftLabel
from schemas.strict_json import JsonRefused, parse, parse_written, validate_model
from schemas.tear_line import MAX_TEAR_LINES, BodyT, TearLine
from schemas.threat_alert import ThreatAlert
from schemas.wire import MAX_CONTENT_BYTES

MAX_DRAFT_BYTES = (1 + MAX_TEAR_LINES) * MAX_CONTENT_BYTES
"""A draft with all its tear lines; each message made of it holds at most MAX_CONTENT_BYTES."""


class Message(Statement, Generic[BodyT]):
    """One complete message. Immutable once signed: its identity is the digest of its exact bytes."""

    header: Header
    label: ConfidentialityLabel
    body: BodyT


class Draft(Statement, Generic[BodyT]):
    """What a partner system hands to its gateway to be published."""

    header: DraftHeader
    label: DraftLabel
    body: BodyT
    tear_lines: Annotated[tuple[TearLine[BodyT], ...], Field(max_length=MAX_TEAR_LINES)] = ()
    """Further versions for a wider audience, the fullest first (``schemas.tear_line``)."""
    confirm_narrowing: bool = False
    """Of a change: who holds what it changes and is not to have it is told that this is cancelled."""

    @property
    def versions(self) -> tuple[TearLine[BodyT], ...]:
        """Every version: the draft itself first, then its tear lines."""
        itself = TearLine[BodyT].of_valid(label=self.label, subject=self.header.subject, body=self.body)
        return (itself, *self.tear_lines)


KINDS: dict[Kind, type[Statement]] = {
    Kind.EXERCISE_NOTICE: ExerciseNotice,
    Kind.THREAT_ALERT: ThreatAlert,
    Kind.INFORMATION_REQUEST: InformationRequest,
    Kind.INFORMATION_RESPONSE: InformationResponse,
    Kind.ACKNOWLEDGEMENT: Acknowledgement,
}

AnyMessage = Message[Any]
AnyDraft = Draft[Any]
MESSAGE_MODELS: dict[Kind, type[AnyMessage]] = {kind: Message[body] for kind, body in KINDS.items()}  # type: ignore[valid-type]
DRAFT_MODELS: dict[Kind, type[AnyDraft]] = {kind: Draft[body] for kind, body in KINDS.items()}  # type: ignore[valid-type]

_KIND_FIRST = re.compile(rb'\{"header":\{"kind":"([a-z_]{1,32})"')
_WRITTEN = {kind.value.encode(): model for kind, model in MESSAGE_MODELS.items()}


def parse_message(data: bytes) -> AnyMessage:
    """Parse exact content bytes as a message of the kind its header names.

    Raises JsonRefused.
    """
    named = _KIND_FIRST.match(data)
    model = _WRITTEN.get(named[1]) if named is not None else None
    if model is not None:
        return parse_written(model, data, MAX_CONTENT_BYTES)
    return validate_model(MESSAGE_MODELS[_kind_of(parse(data, MAX_CONTENT_BYTES))], data)


def label_of(content: bytes) -> ConfidentialityLabel:
    """The label of a message that was accepted or admitted; ``content`` is its exact bytes."""
    return ConfidentialityLabel.model_validate_json(json.dumps(json.loads(content)["label"]))


def parse_draft(data: bytes) -> AnyDraft:
    """Parse the body of a publish request as a draft of the kind its header names.

    Without tear lines it is no larger than a message may be. Raises JsonRefused.
    """
    value = parse(data, MAX_DRAFT_BYTES)
    model = DRAFT_MODELS[_kind_of(value)]
    if len(data) > MAX_CONTENT_BYTES and not value.get("tear_lines"):
        raise JsonRefused("too-large", f"larger than {MAX_CONTENT_BYTES} bytes")
    return validate_model(model, data)


def _kind_of(value: Any) -> Kind:
    header = value.get("header") if isinstance(value, dict) else None
    if not isinstance(header, dict):
        raise JsonRefused("schema", "an object with header, label and body is expected", "/header")
    try:
        return Kind(str(header.get("kind")))
    except ValueError:
        raise JsonRefused("schema", f"kind is one of {', '.join(Kind)}", "/header/kind") from None
