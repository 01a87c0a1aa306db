"""The label that flags give to a CAP alert: CAP has none, and nothing stands in for it."""

from collections.abc import Sequence

from pydantic import ValidationError

from entente.terminal import CommandFailed
from schemas.label import DraftLabel
from schemas.strict_json import schema_refusal


def label_of_flags(
    policy: str | None, classification: str | None, releasable_to: Sequence[str] | None
) -> DraftLabel:
    """The label of `--policy`, `--classification` and `--releasable-to`.

    CommandFailed when one is missing or they make no label.
    """
    if not policy or not classification or not releasable_to:
        raise CommandFailed(
            "CAP has no classification, so its label is yours to give, and nothing stands in for it: "
            "--policy, --classification and --releasable-to"
        )
    try:
        return DraftLabel(policy=policy, classification=classification, releasable_to=tuple(releasable_to))
    except ValidationError as error:
        raise CommandFailed(f"label: {schema_refusal(error).explanation}") from None
