"""CAP 1.2 alerts on their way to a gateway: read whole, named, and tied to what was published before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import ValidationError

from entente.gateway_client import GatewayRefusedError, answered
from entente.terminal import CommandFailed, say
from schemas.header import MAX_CHANGES, Kind, Precedence, Reference
from schemas.interop.cap import CapDraft, CapOptions, CapRefused, CapTaken, read_cap, source_id_of
from schemas.label import DraftLabel
from schemas.message import Draft
from schemas.strict_json import schema_refusal
from schemas.threat_alert import ThreatAlert

_PAGE = 200


@dataclass(frozen=True)
class CapPart:
    """One draft of an alert. `name` tells it from the others of its file, for people."""

    name: str
    source_id: str
    draft: CapDraft


def cap_options(as_exercise: str | None, precedence: Precedence | None, replay_now: bool) -> CapOptions:
    """How a CAP document is to be read. CommandFailed when the exercise id is none."""
    try:
        return CapOptions(as_exercise, datetime.now(UTC) if replay_now else None, precedence)
    except ValueError as error:
        raise CommandFailed(f"--as-exercise: {error}") from None


def read_parts(file_name: str, data: bytes, options: CapOptions) -> list[CapPart]:
    """Every draft of every alert in a document; warnings are said. CommandFailed when an alert is refused."""
    document = read_cap(data, options)
    for warning in document.warnings:
        say(f"{file_name}: {warning.code}: {warning.explanation} ({warning.path}, line {warning.line})")
    parts: list[CapPart] = []
    for number, alert in enumerate(document.alerts, start=1):
        if isinstance(alert, CapRefused):
            raise CommandFailed(
                f"{file_name} is refused: {alert.code}: {alert.explanation} ({alert.path}, line {alert.line})"
            )
        for warning in alert.warnings:
            say(f"{file_name}: {warning.code}: {warning.explanation} ({warning.path}, line {warning.line})")
        parts += _parts(alert, number, len(document.alerts))
    return parts


def encode_part(
    part: CapPart,
    label: DraftLabel,
    action: tuple[str, ...] = (),
    info: tuple[str, ...] = (),
    references: tuple[Reference, ...] = (),
) -> bytes:
    """The draft to be posted. CommandFailed when an addressee is none."""
    try:
        header = part.draft.header(action, info, references)
    except ValidationError as error:
        raise CommandFailed(f"addressees: {schema_refusal(error).explanation}") from None
    return Draft[ThreatAlert](header=header, label=label, body=part.draft.body).encode()


class EarlierAlerts:
    """Our own publications behind a gateway, found by the names their alerts have in CAP."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._originator = ""

    def references(self, part: CapPart) -> tuple[Reference, ...]:
        """References to the messages that the alerts referred to became, in the draft's mode and exercise.

        What was changed since stands for its chain, as it is what is changed now. An alert that is not known,
        or was cancelled or recalled, is said, and goes without. CommandFailed when the key may not look.
        """
        found: dict[str, Reference] = {}
        for cap in part.draft.cap_references:
            name = source_id_of(cap)
            published = self._published(name)
            fitting = [each for each in published if _same_exercise(each, part.draft)]
            if not fitting:
                where = "published in another mode or exercise" if published else "not published here"
                say(
                    f"warning: {part.name} refers to the alert {name}, which was {where}: "
                    "it goes without a reference to it"
                )
            for each in filter(None, map(self._current, fitting)):
                found[each["message_id"]] = Reference(
                    message_id=each["message_id"],
                    originator=self._nation_of(each),
                    digest=each["digest"],
                    relation=part.draft.relation,
                )
        if len(found) > MAX_CHANGES:
            say(f"warning: {part.name} refers to {len(found)} messages; {MAX_CHANGES} references are kept")
        return tuple(found.values())[:MAX_CHANGES]

    def _current(self, publication: dict[str, Any]) -> dict[str, Any] | None:
        """The publication that is current in the chain of this one, if there still is one."""
        if publication.get("current") == publication["publication_id"]:
            return publication
        if "current" not in publication:
            say(f"warning: {publication['source_id']} is {publication['status']}: no reference is made to it")
            return None
        shown: dict[str, Any] = self._ask(f"/v1/messages/{publication['current']}")
        return shown

    def _published(self, source_id: str) -> Sequence[dict[str, Any]]:
        page = self._ask("/v1/messages", source_id=source_id, kind=Kind.THREAT_ALERT.value, limit=str(_PAGE))
        items: list[dict[str, Any]] = page["items"]
        return items

    def _nation_of(self, publication: dict[str, Any]) -> str:
        if not self._originator:
            shown = self._ask(f"/v1/messages/{publication['publication_id']}")
            self._originator = shown["message"]["header"]["originator"]
        return self._originator

    def _ask(self, path: str, **parameters: str) -> Any:
        try:
            return answered(self._client.get(path, params=parameters))
        except GatewayRefusedError as refused:
            raise CommandFailed(
                "the alert refers to earlier ones, and they cannot be looked up among what was published "
                f"(scope messages:read), so it was not sent: {refused}"
            ) from None


def _parts(alert: CapTaken, number: int, of: int) -> list[CapPart]:
    source_id = source_id_of(alert)
    name = f"alert {number} of {of}, {source_id}"
    count = len(alert.drafts)
    return [
        CapPart(f"{name}, part {part} of {count}" if count > 1 else name, source_id, draft)
        for part, draft in enumerate(alert.drafts, start=1)
    ]


def _same_exercise(publication: dict[str, Any], draft: CapDraft) -> bool:
    return (publication["mode"], publication.get("exercise_id")) == (draft.mode.value, draft.exercise_id)
