"""What an earlier living drill of the same realm left standing: found in its journal, and cancelled."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import httpx
from pydantic import ValidationError

from drills.life_calls import cancel, publication
from drills.partner_system import PartnerSystem, PartnerSystemError
from schemas.cancellation import CancellationReason
from schemas.drill_journal import JOURNAL_SUFFIX, JournalLine, Played
from schemas.header import Kind

ENDS_BY_ITSELF = (Kind.INFORMATION_REQUEST, Kind.INFORMATION_RESPONSE, Kind.ACKNOWLEDGEMENT)
STANDING = frozenset(kind.value for kind in Kind if kind not in ENDS_BY_ITSELF)
"""Kinds that hold until something ends them."""
MOST = 300
"""Newest lines that are looked at: each playing of a storyline cancels what the one before it left."""


def left_standing(folder: Path, drill: str) -> tuple[JournalLine, ...]:
    """What the last run of a drill published and did not cancel, as far as its journal tells. OSError."""
    # Not the runs of another drill, whose name begins with this one's.
    of_it = re.compile(rf"{re.escape(drill)}-[0-9]{{8}}-[0-9]+(-[0-9]+)?{re.escape(JOURNAL_SUFFIX)}")
    runs = sorted(path for path in folder.glob(f"*{JOURNAL_SUFFIX}") if of_it.fullmatch(path.name))
    published: dict[str, JournalLine] = {}
    for text in runs[-1].read_text(encoding="utf-8").splitlines()[-MOST:] if runs else ():
        line = _line(text)
        if line is None or line.became is not Played.DONE or line.publication_id is None:
            continue
        if line.did == "publish":
            published[line.publication_id] = line
        elif line.did in ("cancel", "recall"):
            published.pop(line.publication_id, None)
    return tuple(published.values())


async def end_left(lines: Iterable[JournalLine], partners: Mapping[str, PartnerSystem]) -> int:
    """Cancel what still stands of it; how many that were. What cannot be asked or cancelled is left."""
    ended = 0
    for line in lines:
        partner, publication_id = partners.get(line.nation), line.publication_id
        if partner is None or publication_id is None:
            continue
        try:
            shown = await publication(partner, publication_id)
            if shown["kind"] in STANDING and shown["status"] == "CURRENT" and not shown["expired"]:
                answer = await cancel(partner, publication_id, CancellationReason.OVERTAKEN.value)
                ended += answer.accepted
        except (PartnerSystemError, httpx.HTTPError):
            continue
    return ended


def _line(text: str) -> JournalLine | None:
    """One line of a journal; None for its first and last, and for one that was broken off."""
    try:
        return JournalLine.model_validate_json(text)
    except ValidationError:
        return None
