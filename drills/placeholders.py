"""What stands in a draft template for things known only in play: times, and ids and digests of messages."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from drills.injects import DraftTemplate
from schemas.base import rfc3339

_TIME = re.compile(r"\{(now|play)(?:([+-])([0-9]{1,6})([smhd]))?\}", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class PlaceholderError(Exception):
    """A template cannot be filled in."""


@dataclass(frozen=True)
class PlayedMessage:
    """A message that an inject put on the bus."""

    message_id: str
    originator: str
    digest: str


def filled_in(
    template: DraftTemplate,
    *,
    now: datetime,
    played: Mapping[str, PlayedMessage],
    misquote_digest: bool = False,
    speed: float | None = None,
) -> bytes:
    """The draft as JSON. PlaceholderError when a `{now...}` is malformed or a message was not played.

    ``speed``: how many times as fast as the clock the time of `{play...}` runs; None: as the clock does.
    """
    header = with_times(template.header, now, speed)
    if template.references:
        header["references"] = [
            _reference(reference.inject, reference.relation.value, played, misquote_digest)
            for reference in template.references
        ]
    draft: dict[str, Any] = {
        "header": header,
        "label": with_times(template.label, now, speed),
        "body": with_times(template.body, now, speed),
    }
    if template.tear_lines:
        draft["tear_lines"] = [
            with_times({"label": each.label, "subject": each.subject, "body": each.body}, now, speed)
            for each in template.tear_lines
        ]
    if template.confirm_narrowing:
        draft["confirm_narrowing"] = True
    return json.dumps(draft, ensure_ascii=False).encode()


def _reference(
    inject: str, relation: str, played: Mapping[str, PlayedMessage], misquote_digest: bool
) -> dict[str, str]:
    message = played.get(inject)
    if message is None:
        raise PlaceholderError(f"the message of inject {inject} was not played")
    algorithm, _, value = message.digest.partition(":")
    digest = f"{algorithm}:{value[::-1]}" if misquote_digest else message.digest
    return {
        "message_id": message.message_id,
        "originator": message.originator,
        "digest": digest,
        "relation": relation,
    }


def with_times(value: Any, now: datetime, speed: float | None = None) -> Any:
    """A value out of a scenario with every `{now...}` and `{play...}` in it replaced by that time.

    PlaceholderError when one is malformed.
    """
    if isinstance(value, dict):
        return {key: with_times(item, now, speed) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_times(item, now, speed) for item in value]
    if isinstance(value, str) and value.startswith(("{now", "{play")):
        return _time(value, now, speed)
    return value


def _time(text: str, now: datetime, speed: float | None) -> str:
    match = _TIME.fullmatch(text)
    if match is None:
        raise PlaceholderError(f"{text} is not {{now}}, {{now+45d}}, {{play+30m}} or the like")
    word, sign, amount, unit = match.groups()
    if amount is None:
        return rfc3339(now)
    offset = timedelta(**{_UNITS[unit]: int(amount)})
    try:
        if word == "play" and speed is not None:
            offset /= speed
        return rfc3339(now + offset if sign == "+" else now - offset)
    except OverflowError:
        raise PlaceholderError(f"{text} lies beyond the calendar at this speed") from None
