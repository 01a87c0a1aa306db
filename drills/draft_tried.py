"""What a scenario hands in, tried against its schema before anything starts; refused in plain words. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from schemas.agreement import AgreementDraft
from schemas.header import Kind
from schemas.message import DRAFT_MODELS, AnyDraft, parse_draft
from schemas.plain_words import Written, did_you_mean, in_plain_words
from schemas.strict_json import JsonRefused, parse_model
from schemas.strict_yaml import shown

MAX_PROPOSAL_BYTES = 32 * 1024


class HandedInRefused(Exception):
    """No gateway would take it. ``pointer``: into what is handed in."""

    def __init__(self, pointer: str, what: str) -> None:
        super().__init__(f"{what} (at {shown(pointer)})" if pointer else what)
        self.pointer = pointer


def tried_draft(draft: bytes) -> AnyDraft:
    """A draft that its schema lets through. HandedInRefused."""
    try:
        return parse_draft(draft)
    except JsonRefused as refused:
        value = json.loads(draft)
        kind = value["header"].get("kind")
        model = DRAFT_MODELS[Kind(kind)] if kind in set(Kind) else None
        if model is None and isinstance(kind, str):
            what = f"kind is one of {', '.join(Kind)}{did_you_mean(kind, Kind)}"
            raise HandedInRefused("/header/kind", what) from None
        raise _in_words(model, value, refused.faults) from None


def try_proposal(proposal: bytes) -> None:
    """The proposal of an agreement is one. HandedInRefused."""
    try:
        parse_model(AgreementDraft, proposal, MAX_PROPOSAL_BYTES)
    except JsonRefused as refused:
        raise _in_words(AgreementDraft, json.loads(proposal), refused.faults) from None


def _in_words(model: type[BaseModel] | None, value: Any, faults: Sequence[Written]) -> HandedInRefused:
    """The first fault, as people correct them one by one."""
    if model is None:
        pointer, _, what = faults[0]
        return HandedInRefused(pointer, what)
    return HandedInRefused(*in_plain_words(model, value, faults)[0])
