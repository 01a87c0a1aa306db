"""What the API shows of the traffic: a row for each message received and each publication of ours."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from pydantic import Field
from pydantic_core import from_json

from bus.protocol.delivery_states import SHOWN
from bus.protocol.succession import Status
from bus.protocol.trust import TrustStore
from bus.store.traffic_rows import ShownRow
from gateways.http.label_views import banner_of
from gateways.http.reading import level_of
from gateways.http.signed_label import SignedLabel
from schemas.base import Nation, Statement, UtcTime, Uuid, Uuid7
from schemas.header import Kind, Mode, Precedence
from schemas.label import DraftLabel
from schemas.request_acts import RequestState
from schemas.wire import Handling


class CopyView(Statement):
    """One nation's copy of a message of ours."""

    nation: Nation
    role: str = Field(description="action, info, or none where it is a community's member by release alone.")
    state: str = Field(description="As in a publication's deliveries.")
    overdue: bool = Field(description="A deadline passed and was not met since.")
    owes: bool = Field(description="It was asked to acknowledge and has not yet.")


class TrafficRowView(Statement):
    """A message received, or a publication of ours. Keep rows by ``seq``: a later one takes its place."""

    seq: int = Field(description="Its place in all traffic; numbers have no holes, but not all are shown.")
    direction: Literal["in", "out"]
    message_id: Uuid7
    publication_id: Uuid | None = Field(None, description="Of a message of ours.")
    inbox_seq: int | None = Field(None, description="Of a message received.")
    at: UtcTime = Field(description="When it was filed or accepted here.")
    issued_at: UtcTime
    expires_at: UtcTime | None = None
    originator: Nation
    action: tuple[str, ...] = Field(description="Addressed for action, as the header names them.")
    info: tuple[str, ...]
    kind: Kind
    precedence: Precedence
    mode: Mode
    exercise_id: str | None = None
    subject: str | None = Field(
        None,
        description="Absent for auditors, with handling DISPLAY_ONLY, and of what was recalled.",
    )
    marking: str | None = Field(None, description="The label's banner. Absent once a recall took the label.")
    policy: str
    classification: str
    level: int = Field(
        description="The classification's rank in its policy, 0 for unclassified; 99 where it is unknown."
    )
    releasable: tuple[str, ...] = Field(description="To whom the label releases it, as its author wrote.")
    status: Status
    expired: bool
    handling: Handling
    suite: str | None = Field(None, description="Of a message received: its signature's suite.")
    key_standing: Literal["GOOD", "REVOKED_SINCE"] | None = Field(
        None, description="Of a message received: whether the key that signed it was revoked since."
    )
    receipts_wanted: bool = Field(description="Its originator asks for acknowledgements.")
    awaiting_ours: bool = Field(description="This nation was asked to acknowledge it and has not yet.")
    own_receipt: Literal["read", "acknowledged"] | None = Field(
        None, description="Of a message received: how far people of this nation have come with it."
    )
    request_state: RequestState | None = Field(
        None, description="Of an information request received: how it stands with this nation."
    )
    copies: tuple[CopyView, ...] | None = Field(
        None, description="Of a message of ours: every copy, in order of nation."
    )


class TrafficPage(Statement):
    """Rows, newest first. There may be fewer than asked for, or none, while ``next_before`` is there."""

    rows: tuple[TrafficRowView, ...]
    next_before: int | None = Field(None, description="Give it as before= for what is older.")
    through: int = Field(description="The newest number when this was looked up, shown or not.")
    event_seq: int = Field(description="Follow the stream after this number to miss nothing that came since.")
    words_through: int = Field(
        description="The words of rows up to this number are indexed. Of newer ones the newest thousands are"
        " searched all the same; rows between are found later."
    )


class TrafficViews:
    """Makes rows' views for one caller, by the trust documents and the time of this moment."""

    def __init__(self, trust: TrustStore, now: datetime, *, with_content: bool) -> None:
        self._trust = trust
        self._now = now
        self._with_content = with_content
        self._keys = {kid: key for nation in trust.nations.values() for kid, key in nation.keys.items()}

    def rows(self, shown: Iterable[ShownRow]) -> tuple[TrafficRowView, ...]:
        """Rows as they are shown."""
        return tuple(map(self._row, shown))

    def _row(self, row: ShownRow) -> TrafficRowView:
        header, label = _parts(row)
        acknowledgement = header.get("acknowledgement", {})
        says_subject = self._with_content and row.handling == Handling.RELEASE and label is not None
        key = None if row.sign_kid is None else self._keys.get(row.sign_kid)
        receipt: Literal["read", "acknowledged"] | None = None
        if row.acknowledged_at is not None:
            receipt = "acknowledged"
        elif row.read_at is not None:
            receipt = "read"
        expired = row.expires_at is not None and row.expires_at <= self._now
        return TrafficRowView.model_construct(
            seq=row.seq,
            direction="out" if row.own else "in",
            message_id=row.message_id,
            publication_id=row.id if row.own else None,
            inbox_seq=None if row.own else row.number,
            at=row.at,
            issued_at=row.issued_at,
            expires_at=row.expires_at,
            originator=row.originator,
            action=tuple(header.get("action_addressees", ())),
            info=tuple(header.get("info_addressees", ())),
            kind=Kind(row.kind),
            precedence=Precedence(row.precedence),
            mode=Mode(row.mode),
            exercise_id=row.exercise_id,
            subject=header["subject"] if says_subject else None,
            marking=None if label is None else banner_of(label),
            policy=row.policy,
            classification=row.classification,
            level=level_of(self._trust, row.policy, row.classification),
            releasable=() if label is None else dict(label.fields)["releasable_to"],
            status=Status(row.status),
            expired=expired,
            handling=Handling(row.handling),
            suite=None if key is None else key.suite.value,
            key_standing=None if row.own else _standing(key),
            receipts_wanted=bool(acknowledgement.get("required", False)),
            awaiting_ours=row.owing and row.status == Status.CURRENT and not expired,
            own_receipt=receipt,
            request_state=None if row.request_state is None else RequestState(row.request_state),
            copies=tuple(
                CopyView.model_construct(
                    nation=copy.nation,
                    role=copy.role,
                    state=SHOWN[copy.state],
                    overdue=copy.overdue,
                    owes=copy.owes,
                )
                for copy in row.copies
            )
            if row.own
            else None,
        )


def _parts(row: ShownRow) -> tuple[dict[str, Any], SignedLabel | None]:
    """Header and label of the exact message; nothing where a recall took them."""
    if row.status == Status.RECALLED or not row.content:
        return {}, None
    message = from_json(row.content)
    label = message["label"]
    fields = tuple(
        (name, tuple(value) if isinstance(value, list) else value)
        for name, value in label.items()
        if name in DraftLabel.model_fields
    )
    header = message["header"]
    return header, SignedLabel(header["originator"], fields, label["policy"], label["classification"])


def _standing(key: Any) -> Literal["GOOD", "REVOKED_SINCE"]:
    return "REVOKED_SINCE" if key is not None and key.revoked_at is not None else "GOOD"
