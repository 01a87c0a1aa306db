"""The answer of a release preview: who would get a draft, and why."""

from gateways.publishing.accepted import AcceptedRow, AcceptedWarning, rows_of, warnings_of
from gateways.publishing.planned import Planned
from schemas.base import Nation, Statement


class ReleaseTable(Statement):
    """What publishing would answer. Nothing was kept."""

    release_set: tuple[Nation, ...]
    recipients: tuple[Nation, ...]
    decisions: tuple[AcceptedRow, ...]
    warnings: tuple[AcceptedWarning, ...] = ()


def release_table(planned: Planned) -> ReleaseTable:
    """The table of a draft that passed every check."""
    return ReleaseTable.model_construct(
        release_set=planned.plan.label.release_set,
        recipients=planned.plan.recipients,
        decisions=rows_of(planned.plan.rows),
        warnings=warnings_of(planned.findings),
    )
