"""One short word for all that came of a drill: the same for two runs of which the same came. Pure."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from drills.outcome import DrillOutcome
from schemas.base import Statement

LEFT_OUT = frozenset(
    {
        "fingerprint",
        "seed",
        "summary",
        # Who held it, and asked for what: what came of it stands in what was skipped.
        "acts",
        "by",
        "aborted_by",
        # Ids, which every run has of its own.
        "message_id",
        "digest",
        "publication_id",
        # Times, also where there is none.
        "at",
        "taken_back_at",
        "speed",
        "exercise_seconds",
        "latency_ms",
        "took_ms",
        "times",
        # Texts and counts that tell of times, of ids, or of what happened to be under way.
        "explanation",
        "detail",
        "what",
        "shown",
        "change",
        "attempted",
        "posts",
        "told",
        "figures",
        # Of labels the marking counts.
        "bounds",
        "levels",
        "drafts",
        "handling",
    }
)
"""Members of an outcome that say nothing of what came of it. Times and decimal numbers are left out, too."""
_OWN = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|sha256:[0-9A-Za-z_=+/-]+"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"
    r"|[0-9]+(?:\.[0-9]+)? ?(?:ms|s)\b"
)
"""What sentences hold of one run only."""


def fingerprinted(outcome: DrillOutcome) -> DrillOutcome:
    """The outcome with its fingerprint."""
    return outcome.model_copy(update={"fingerprint": fingerprint(outcome)})


def fingerprint(outcome: DrillOutcome) -> str:
    """The digest of what came of a drill, without ids, times and lengths of time; for people and equality."""
    canonical = json.dumps(_kept(outcome), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def _kept(value: Any) -> Any:
    """A value with everything left out that two runs of the same would differ in."""
    if isinstance(value, Statement):
        # What says nothing is left out, so that a member that a later version adds changes no fingerprint.
        members = {
            name: getattr(value, name)
            for name, field in type(value).model_fields.items()
            if field.is_required() or getattr(value, name) != field.get_default()
        }
        return {name: _told(name, each) for name, each in members.items() if not _is_left_out(name, each)}
    if isinstance(value, Mapping):
        return {str(name): _kept(each) for name, each in value.items()}
    if isinstance(value, str):
        return _OWN.sub("", value)
    if isinstance(value, Sequence):
        return [_kept(each) for each in value]
    return value


def _told(name: str, value: Any) -> Any:
    # Nobody waits for what nations tell of reading: whether it came before the end is chance.
    return "delivered" if (name, value) == ("state", "read") else _kept(value)


def _is_left_out(name: str, value: Any) -> bool:
    return name in LEFT_OUT or isinstance(value, datetime | float)
