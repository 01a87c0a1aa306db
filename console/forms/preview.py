"""A release preview as the page shows it: who gets which version and why, and what stands in the way."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import schemas
from console.forms.faults import faults_of
from console.marking import Marking, level_of
from schemas.label import DraftLabel
from schemas.markings import markings

EXAMPLES = Path(schemas.__file__).parent / "examples"


@dataclass
class Preview:
    """What is known of a draft before it is sent."""

    markings: list[Marking | None]
    """Of every version; None where its label is not complete."""
    table: Mapping[str, Any] | None = None
    """As ``POST /v1/release-preview`` answers; None where release could not be decided."""
    faults: list[tuple[str, str, str]] = field(default_factory=list)
    """Pointer, code and detail of what keeps the draft from being sent."""
    body_pending: bool = False
    """The table was decided before the body was complete: on label and addressees alone."""
    failed: Mapping[str, Any] | None = None
    """The problem, where the gateway did not preview for another reason."""

    @property
    def ready(self) -> bool:
        """Whether publishing would accept it as it stands."""
        return self.table is not None and not self.body_pending and bool(self.table.get("would_be_accepted"))

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """Who gets it first, then who does not, each by code."""
        rows = list((self.table or {}).get("decisions") or ())
        return sorted(rows, key=lambda row: (not row["permit"], row["nation"]))

    @property
    def permitted(self) -> list[str]:
        """Who gets it."""
        return [row["nation"] for row in self.rows if row["permit"]]

    @property
    def dropped(self) -> list[str]:
        """Who holds what is changed and is only told that it is cancelled."""
        change = (self.table or {}).get("change") or {}
        return [each["nation"] for each in change.get("shares") or () if each["gets"] == "CANCELLATION"]

    @property
    def narrowing(self) -> bool:
        """Whether the author has to say that these nations are to be left out."""
        return bool(((self.table or {}).get("change") or {}).get("confirm_narrowing"))


def marking_of(label: Any, originator: str, mode: object = "") -> Marking | None:
    """A draft's label as it will be rendered, in its mode; None while it is not complete."""
    try:
        read = DraftLabel.model_validate_json(json.dumps(label))
    except (ValidationError, ValueError):
        return None
    banner = markings(read, originator=originator).banner
    said = str(mode) if mode in ("EXERCISE", "TEST") else ""
    return Marking(banner, level_of(read.classification), read.policy, read.classification, said)


def versions_of(draft: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Label, subject and body of every version."""
    header = draft.get("header") or {}
    first = {"label": draft.get("label"), "subject": header.get("subject"), "body": draft.get("body")}
    return [first, *(draft.get("tear_lines") or ())]


def about_release(faults: list[tuple[str, str, str]]) -> bool:
    """Whether any fault is about what release rests on: who, under which label, in which mode."""
    return any(not _about_text(pointer) for pointer, _, _ in faults)


def _about_text(pointer: str) -> bool:
    parts = pointer.split("/")[1:]
    if parts[:1] == ["tear_lines"]:
        parts = parts[2:]
    return parts[:1] in (["body"], ["subject"]) or parts in (["header", "subject"], ["header", "precedence"])


def stand_in(draft: Mapping[str, Any], kind: str) -> dict[str, Any] | None:
    """The draft with an example's words, to preview its release while its own are not complete.

    Release rests on label, addressees, kind, mode and references, never on the body.
    """
    example = _example(kind)
    if example is None:
        return None
    header = {"precedence": "ROUTINE", **draft.get("header", {}), "subject": "-"}
    stood = {**draft, "header": header, "body": example}
    if draft.get("tear_lines"):
        stood["tear_lines"] = [{**each, "subject": "-", "body": example} for each in draft["tear_lines"]]
    return stood


@cache
def _example(kind: str) -> Any:
    path = EXAMPLES / f"{kind}.json"
    # A kind is one of a short list by now; a name that leads elsewhere has no example.
    if not kind.replace("_", "").isalpha() or not path.is_file():
        return None
    return json.loads(path.read_text(encoding="utf-8"))["body"]


def preview_of(problem: Mapping[str, Any], draft: Mapping[str, Any], originator: str) -> Preview:
    """Of a draft that the gateway did not preview: what is wrong with it."""
    marked = [marking_of(each.get("label"), originator) for each in versions_of(draft)]
    if problem.get("status") == 422:
        return Preview(marked, faults=faults_of(problem))
    return Preview(marked, failed=problem)
