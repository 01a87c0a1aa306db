"""Labels as the API shows them: the banner beside a message, the label as a STANAG 4774 document."""

import json
from datetime import datetime
from functools import lru_cache, partial

from pydantic import Field

from bus.protocol.trust import TrustStore
from gateways.http.problems import ApiRefused
from gateways.http.signed_label import SignedLabel
from schemas.base import Statement
from schemas.interop.stanag4774 import (
    LabelNotExpressible,
    LabelXmlRefused,
    OriginatorId,
    ReadLabel,
    read_label,
    write_alternative,
    write_label,
)
from schemas.label import DraftLabel
from schemas.markings import markings
from schemas.message import label_of


class LabelWarningView(Statement):
    """What was left out or narrowed in reading; none of it widens the label."""

    code: str
    path: str = Field(description="The element, by its path in the document.")
    line: int
    explanation: str


class LabelReadView(Statement):
    """A label that was read from another standard's document, to be put into a draft."""

    label: DraftLabel
    marking: str = Field(description="The label's banner. Rendered from it, never parsed back.")
    warnings: tuple[LabelWarningView, ...]


@lru_cache(maxsize=1024)
def banner_of(signed: SignedLabel) -> str:
    """The banner of a message's label. Few labels stand on many messages, and a page has hundreds."""
    return markings(DraftLabel.of_valid(**dict(signed.fields)), originator=signed.originator).banner


def label_read(raw: bytes, trust: TrustStore, now: datetime) -> LabelReadView:
    """The label of a STANAG 4774 document. Raises ApiRefused LABEL_XML_..."""
    try:
        read = read_label(raw, partial(members_at, trust), now)
    except LabelXmlRefused as refused:
        detail = f"{refused.explanation}, line {refused.line}" if refused.line else refused.explanation
        raise ApiRefused(refused.code, detail, pointer=refused.path) from None
    return _read_view(read)


def _read_view(read: ReadLabel) -> LabelReadView:
    return LabelReadView(
        label=read.label,
        marking=markings(read.label).banner,
        warnings=tuple(
            LabelWarningView(
                code=warning.code.value,
                path=warning.path,
                line=warning.line,
                explanation=warning.explanation,
            )
            for warning in read.warnings
        ),
    )


def label_document(content: bytes, trust: TrustStore, alternative: tuple[str, str] | None = None) -> bytes:
    """A message's label as a STANAG 4774 document; with ``alternative``, its equivalent (policy and level).

    Raises ApiRefused LABEL_NOT_IN_4774.
    """
    message = json.loads(content)
    issued_at = datetime.fromisoformat(message["header"]["issued_at"])
    label = label_of(content)
    members = members_at(trust, issued_at)
    who = OriginatorId("uniformResourceIdentifier", f"urn:entente:nation:{message['header']['originator']}")
    try:
        if alternative is None:
            return write_label(label, members, created=issued_at, originator_id=who)
        policy, level = alternative
        return write_alternative(
            label, members, policy=policy, classification=level, created=issued_at, originator_id=who
        )
    except LabelNotExpressible as refused:
        raise ApiRefused(refused.code, refused.explanation, pointer=f"/label{refused.pointer}") from None


def members_at(trust: TrustStore, at: datetime) -> dict[str, frozenset[str]]:
    """The realm's communities with their members at an instant."""
    return {name: community.members_at(at) for name, community in trust.communities.items()}
