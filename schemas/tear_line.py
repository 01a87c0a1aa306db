"""A tear line: a further version of a draft's subject, body and label, for who may not have a fuller one.

Everything else of the header is the draft's. Each nation gets the fullest version that it may have, as a
message of its own, and nothing in that message tells that there are others.
"""

from typing import Generic, TypeVar

from schemas.base import Statement, TitleText
from schemas.label import DraftLabel

MAX_TEAR_LINES = 4

BodyT = TypeVar("BodyT", bound=Statement)


class TearLine(Statement, Generic[BodyT]):
    """One further version, less full and more widely releasable than those before it."""

    label: DraftLabel
    subject: TitleText
    body: BodyT
