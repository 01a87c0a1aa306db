"""Where a threat alert was taken from, when it was mapped from another standard's alert."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.base import ParagraphText, Statement, UtcTime

SourceId = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\s,<&]+$")]
"""CAP 1.2 ``identifier`` and ``sender``: no white space, comma, less-than sign or ampersand."""


class SourceReference(Statement):
    """An earlier alert of the source system: CAP's ``sender,identifier,sent`` triple."""

    sender: SourceId
    identifier: SourceId
    sent: UtcTime


class SourceStandard(StrEnum):
    """Standards alerts are mapped from."""

    CAP_1_2 = "CAP-1.2"


class SourceStatus(StrEnum):
    """CAP ``status``, for the alerts that are taken."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    TEST = "Test"


class SourceMessageType(StrEnum):
    """CAP ``msgType``, for the alerts that are taken."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"


class SourceScope(StrEnum):
    """CAP ``scope``: whom the source meant it for. It is no confidentiality label."""

    PUBLIC = "Public"
    RESTRICTED = "Restricted"
    PRIVATE = "Private"


class SourceAlert(Statement):
    """The source's own words about its alert, times as the source gave them, even when it was replayed.

    ``part`` of ``parts``: an alert whose blocks say different things becomes several messages.
    ``signature_present`` tells that a digital signature was there, never that it was verified.
    """

    standard: SourceStandard
    sender: SourceId
    identifier: SourceId
    sent: UtcTime
    status: SourceStatus
    msg_type: SourceMessageType
    scope: SourceScope
    restriction: ParagraphText | None = None
    addresses: Annotated[tuple[ParagraphText, ...], Field(max_length=200)] = ()
    source: ParagraphText | None = None
    codes: Annotated[tuple[ParagraphText, ...], Field(max_length=100)] = ()
    note: ParagraphText | None = None
    incidents: Annotated[tuple[ParagraphText, ...], Field(max_length=100)] = ()
    references: Annotated[tuple[SourceReference, ...], Field(max_length=200)] = ()
    part: Annotated[int, Field(ge=1, le=200)] = 1
    parts: Annotated[int, Field(ge=1, le=200)] = 1
    wrapped_in: Annotated[str, Field(max_length=64)] | None = None
    signature_present: bool = False
    replayed: bool = False
