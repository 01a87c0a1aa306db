"""What the API shows of a release that two persons make."""

from pydantic import Field

from bus.store.pending import SecondPerson
from schemas.base import Statement, UtcTime


class SecondPersonView(Statement):
    """A release that two persons make: why, and what became of it."""

    state: str = Field(description="waiting, confirmed, refused, lapsed or recalled.")
    why: str
    until: UtcTime = Field(description="Nobody can confirm it from then on.")
    decided_by: str | None = Field(None, description="Who confirmed, refused or recalled it.")
    decided_at: UtcTime | None = None
    note: str | None = Field(None, description="What they said. Not for auditors, and not in lists.")


def second_person_view(wait: SecondPerson | None, *, with_note: bool) -> SecondPersonView | None:
    """How a release by two persons stands; None when one person was enough."""
    if wait is None:
        return None
    return SecondPersonView.model_construct(
        state="waiting" if wait.outcome is None else wait.outcome.value,
        why=wait.why,
        until=wait.until,
        decided_by=wait.decided_by,
        decided_at=wait.decided_at,
        note=wait.note if with_note else None,
    )
