"""Releases that wait for a second person, each with everything that is to be released."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.marking import Marking, highest
from console.messages.fetching import Fetched, Json
from console.messages.view import MessageView, Reader, view_of


@dataclass(frozen=True)
class WaitingRelease:
    """One publication that waits: every version in plain words, and who would get which now."""

    id: str
    author: str
    own: bool
    """The reader handed it in: they may refuse it, never confirm it."""
    digest: str
    until: str
    why: str
    versions: tuple[MessageView, ...]
    rows: tuple[Mapping[str, Any], ...]

    @property
    def first(self) -> MessageView:
        """The fullest version."""
        return self.versions[0]

    @property
    def gets(self) -> int:
        """How many nations would get something now."""
        return sum(1 for row in self.rows if row["now"] is not None and row["now"]["permit"])


def waiting_release(item: Json, schema: Json | None, reader: Reader, operator: str) -> WaitingRelease:
    """One item of ``GET /v1/releases``."""
    fetched = Fetched("out", item, schema=schema)
    numbers = sorted({each["version"] for each in item["messages"]}) or [0]
    now = {each["nation"]: each for each in item["decisions_now"]}
    decided = [
        {"nation": row["nation"], "addressed": row["addressed"], "then": row, "now": now.get(row["nation"])}
        for row in item["decisions"]
    ]
    return WaitingRelease(
        id=str(item["publication_id"]),
        author=str(item["author"]),
        own=item["author"] == f"operator:{operator}",
        digest=str(item["release_digest"]),
        until=str(item["second_person"]["until"]),
        why=str(item["second_person"]["why"]),
        versions=tuple(view_of(fetched, reader, number) for number in numbers),
        rows=tuple(sorted(decided, key=lambda row: (row["now"] is None, row["nation"]))),
    )


def marking_of(waiting: tuple[WaitingRelease, ...]) -> Marking | None:
    """The highest marking of everything that waits."""
    marked = (view.marking for release in waiting for view in release.versions)
    return highest(marking for marking in marked if marking is not None)
