"""The confidentiality label (STANAG 4774 model, in JSON; bound by being signed with its message).

Classification is the policy's native text; a rank is computed where it is needed and never stored.
Markings are rendered from a label and never parsed back.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from schemas.base import Nation, NationOrCommunity, ShortText, Statement, UtcTime, unique


class DraftLabel(Statement):
    """The label as a partner system authors it."""

    policy: ShortText
    classification: ShortText
    releasable_to: Annotated[tuple[NationOrCommunity, ...], Field(max_length=200), AfterValidator(unique)]
    display_only_to: Annotated[
        tuple[NationOrCommunity, ...], Field(max_length=200), AfterValidator(unique)
    ] = ()
    restrictive: Annotated[tuple[ShortText, ...], Field(max_length=32), AfterValidator(unique)] = ()
    originator_controlled: bool = False
    review_at: UtcTime | None = None


class ConfidentialityLabel(DraftLabel):
    """The label as signed: ``release_set`` is what ``releasable_to`` meant when the message was issued.

    ``release_set`` is sorted, holds nations only and never the originator. Empty releases to nobody.
    ``display_set`` is the same of ``display_only_to``; who is in both sets is released to.
    """

    release_set: Annotated[tuple[Nation, ...], Field(max_length=300), AfterValidator(unique)]
    display_set: Annotated[tuple[Nation, ...], Field(max_length=300), AfterValidator(unique)] = ()
