"""What a message says of an information request: pure reading."""

from collections.abc import Mapping
from dataclasses import dataclass

from bus.protocol.communities import expand
from bus.protocol.errors import ReleaseRefused
from bus.protocol.requests import SignedAct
from bus.protocol.trust import TrustStore
from bus.store.requests import NewAct, NewRequest
from schemas.header import Header, Mode, Reference, Relation
from schemas.information_request import InformationRequest
from schemas.information_response import InformationResponse, ResponseState
from schemas.message import AnyMessage
from schemas.request_acts import RequestAct

ACT_OF_STATE: Mapping[ResponseState, RequestAct] = {
    ResponseState.ACCEPTED: RequestAct.ACCEPT,
    ResponseState.DECLINED: RequestAct.DECLINE,
    ResponseState.REDIRECTED: RequestAct.REDIRECT,
    ResponseState.PARTIALLY_ANSWERED: RequestAct.ANSWER_PARTLY,
    ResponseState.ANSWERED: RequestAct.ANSWER,
}
"""What a response with this state does."""

_REPLACES = frozenset({Relation.UPDATES, Relation.CORRECTS, Relation.SUPERSEDES})


@dataclass(frozen=True, slots=True)
class MessageAct:
    """What a message does to the request that it names."""

    originator: str
    message_id: str
    digest: str
    mode: Mode
    exercise_id: str | None
    signed: SignedAct
    detail: str | None = None


def acts_in(message: AnyMessage) -> list[MessageAct]:
    header, body = message.header, message.body
    if isinstance(body, InformationResponse):
        act, relation = ACT_OF_STATE[body.state], Relation.REPLIES
        detail = body.decline_code.value if body.decline_code is not None else None
        if act is RequestAct.REDIRECT:
            detail = body.redirect_to
    else:
        act, relation, detail = RequestAct.ACKNOWLEDGE, Relation.ACKNOWLEDGES, None
    return [_act(header, each, act, detail) for each in header.references if each.relation is relation]


def _act(header: Header, reference: Reference, act: RequestAct, detail: str | None = None) -> MessageAct:
    signed = SignedAct(header.issued_at, header.message_id, act)
    about = (reference.originator, reference.message_id, reference.digest)
    return MessageAct(*about, header.mode, header.exercise_id, signed, detail)


def changes_in(header: Header) -> list[MessageAct]:
    """What a request does to the earlier ones of its originator that it names."""
    found = []
    for reference in header.references:
        if reference.originator != header.originator:
            continue
        if reference.relation in _REPLACES:
            found.append(_act(header, reference, RequestAct.REPLACE))
        elif reference.relation is Relation.CANCELS:
            found.append(_act(header, reference, RequestAct.CANCEL))
    return found


def new_request(message: AnyMessage, publication_seq: int | None, *, display_only: bool) -> NewRequest:
    header, body = message.header, message.body
    assert isinstance(body, InformationRequest)
    return NewRequest(
        header.originator,
        header.message_id,
        publication_seq,
        header.mode,
        header.exercise_id,
        display_only,
        header.issued_at,
        body.ltiov,
        body.answer_requested_by,
    )


def new_act(
    act: MessageAct, nation: str, publication_seq: int | None = None, sent_to: str | None = None
) -> NewAct:
    about = (act.originator, act.message_id, act.digest, act.mode)
    return NewAct(*about, nation, act.signed, act.detail, publication_seq, sent_to)


def addressed_as(header: Header, nation: str, trust: TrustStore) -> str:
    """Whether a nation is an addressee for action, for information, or none, as of the time of issue."""
    if not header.action_addressees and not header.info_addressees:
        return "action"
    for role, names in (("action", header.action_addressees), ("info", header.info_addressees)):
        for name in names:
            try:
                meant = expand((name,), trust, "", header.issued_at)
            except ReleaseRefused:
                continue  # a community that is not known here
            if nation in meant:
                return role
    return "none"
