"""The trust documents in force, and bringing newer ones (design 10)."""

import json
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from bus.protocol.errors import TrustError
from bus.protocol.trust import TrustStore
from gateways.http.api_keys import Scope
from gateways.http.limits import read_json_body
from gateways.http.problems import ApiRefused, Fault, refused_json
from gateways.http.routes.answers import BODY, answers, json_body, json_response, statement_response
from gateways.http.runtime import Runtime, runtime
from gateways.trust_changes import bring_trust
from schemas.agreement import Ceiling
from schemas.base import CommunityName, Digest, Nation, ShortText, Statement, UtcTime
from schemas.classification import EquivalentLevel
from schemas.community import Membership
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode as C
from schemas.strict_json import JsonRefused, parse
from schemas.trust import NationStatus

router = APIRouter(prefix="/v1", tags=["trust"])

MAX_ENVELOPES = 1000


class TrustNation(Statement):
    """A nation of the realm."""

    nation: Nation
    display_name: str
    status: NationStatus
    policy: str | None = Field(None, description="The nation's own classification policy, if it names one.")
    record_version: int
    record_digest: Digest


class TrustAgreement(Statement):
    """An agreement of the current snapshot."""

    id: str
    digest: Digest
    title: str
    parties: tuple[Nation, ...]
    kinds: tuple[Kind, ...]
    modes: tuple[Mode, ...]
    highest: tuple[Ceiling, ...]
    categories: tuple[ShortText, ...]
    not_before: UtcTime
    not_after: UtcTime


class TrustCommunity(Statement):
    """A named nation set with dated membership."""

    id: CommunityName
    title: str
    source: str = Field(description="Where the list of members is from.")
    unverified: bool = Field(description="The list was not checked against its source.")
    members: tuple[Nation, ...] = Field(
        description="Who is a member now. Those without a place in this realm never get anything."
    )
    periods: tuple[Membership, ...] = Field(
        description="Every period of membership: from since on, up to until but not at it."
    )


class TrustPolicy(Statement):
    """A classification policy: its levels, lowest first."""

    id: str
    source: str = Field(description="Where the levels are from.")
    levels: tuple[str, ...]
    unverified: tuple[str, ...] = Field(description="Levels that were not checked against the source.")


class TrustEquivalence(Statement):
    """How levels of one policy are handled under another. Data of this realm, not legal advice."""

    from_policy: str
    to_policy: str
    rests_on: str = Field(description="The agreement or table it rests on.")
    source: str = Field(description="Where that can be looked up.")
    levels: tuple[EquivalentLevel, ...]
    not_before: UtcTime
    not_after: UtcTime


class TrustView(Statement):
    """What this gateway believes of its realm."""

    realm: Digest
    trust_version: int
    expires_at: UtcTime
    stale: bool = Field(description="Expired: release and admission wait for a newer snapshot.")
    nations: tuple[TrustNation, ...]
    agreements: tuple[TrustAgreement, ...]
    communities: tuple[TrustCommunity, ...]
    policies: tuple[TrustPolicy, ...]
    equivalences: tuple[TrustEquivalence, ...]


class TrustOutcome(Statement):
    """What bringing trust documents did."""

    changed: bool = Field(description="Whether anything was newer than what was in force.")
    trust_version: int
    expires_at: UtcTime


_ENVELOPE = {
    "type": "object",
    "description": "A DSSE envelope over one trust document; payload and sig are base64.",
    "required": ["payload", "payloadType", "signatures"],
    "properties": {
        "payload": {"type": "string"},
        "payloadType": {"type": "string"},
        "signatures": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["keyid", "sig"],
                "properties": {"keyid": {"type": "string"}, "sig": {"type": "string"}},
            },
        },
    },
}
_ENVELOPES = {
    "type": "object",
    "additionalProperties": False,
    "required": ["envelopes"],
    "properties": {
        "envelopes": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_ENVELOPES,
            "items": _ENVELOPE,
        }
    },
}


@router.get(
    "/trust",
    summary="Show the trust documents in force.",
    responses=answers(200, TrustView, "The realm as this gateway believes it."),
)
async def show_trust(request: Request) -> Response:
    """Nations, agreements, communities, classification policies and equivalences of the current snapshot."""
    gateway = runtime(request)
    await gateway.access.admit(request, Scope.TRUST_READ)
    context = gateway.context
    return statement_response(_view(context.trust, context.now()))


@router.post(
    "/trust",
    summary="Bring newer trust documents.",
    responses=answers(
        200,
        TrustOutcome,
        "Verified; what was newer is in force and on its way to the partners.",
        (*BODY, C.TRUST_MALFORMED, C.TRUST_SIGNATURE, C.TRUST_ROLLBACK, C.TRUST_FORK, C.TRUST_INCOMPLETE),
    ),
    openapi_extra=json_body(_ENVELOPES),
)
async def bring_documents(request: Request) -> Response:
    """The documents prove themselves by their signatures; the scope only keeps strangers from trying."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.TRUST_WRITE)
    settings = gateway.settings
    raw = await read_json_body(
        request, max_bytes=settings.max_body_bytes, within=settings.body_timeout_seconds
    )
    envelopes = _envelopes(raw, settings.max_body_bytes)
    try:
        updated = await bring_trust(gateway.context, envelopes, actor=caller.actor)
    except TrustError as error:
        raise ApiRefused(error.code, error.detail) from None
    except ValueError:
        raise ApiRefused(C.BODY_TOO_LARGE, "One of these documents is too large to be passed on.") from None
    return json_response(_outcome(gateway, changed=updated is not None).encode())


def _envelopes(raw: bytes, max_bytes: int) -> tuple[bytes, ...]:
    try:
        document = parse(raw, max_bytes)
    except JsonRefused as refused:
        raise refused_json(refused) from None
    listed = document.get("envelopes") if isinstance(document, dict) and len(document) == 1 else None
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_ENVELOPES:
        raise _malformed(
            "/envelopes", f"an object with envelopes, a list of 1 to {MAX_ENVELOPES}, is expected"
        )
    for index, entry in enumerate(listed):
        if not isinstance(entry, dict):
            raise _malformed(f"/envelopes/{index}", "an envelope is an object")
    # The signed bytes stand inside, in base64: writing the envelope anew does not touch them.
    return tuple(json.dumps(entry, separators=(",", ":")).encode() for entry in listed)


def _malformed(pointer: str, detail: str) -> ApiRefused:
    fault = Fault(code=C.SCHEMA_INVALID, pointer=pointer, detail=detail)
    return ApiRefused(C.SCHEMA_INVALID, detail, pointer=pointer, faults=(fault,))


def _outcome(gateway: Runtime, *, changed: bool) -> TrustOutcome:
    trust = gateway.context.trust
    return TrustOutcome(changed=changed, trust_version=trust.trust_version, expires_at=trust.expires_at)


def _view(trust: TrustStore, now: datetime) -> TrustView:
    return TrustView.model_construct(
        realm=trust.realm,
        trust_version=trust.trust_version,
        expires_at=trust.expires_at,
        stale=trust.stale(now),
        nations=tuple(
            TrustNation.model_construct(
                nation=name,
                display_name=entry.record.display_name,
                status=entry.status,
                policy=entry.record.policy,
                record_version=entry.record.version,
                record_digest=entry.digest,
            )
            for name, entry in sorted(trust.nations.items())
        ),
        agreements=tuple(
            TrustAgreement.model_construct(
                id=entry.agreement.id,
                digest=entry.digest,
                title=entry.agreement.title,
                parties=tuple(sorted(entry.parties)),
                kinds=entry.agreement.kinds,
                modes=entry.agreement.modes,
                highest=entry.agreement.highest,
                categories=entry.agreement.categories,
                not_before=entry.agreement.not_before,
                not_after=entry.agreement.not_after,
            )
            for entry in sorted(trust.book.by_digest.values(), key=lambda each: each.agreement.id)
            if entry.agreement.proposed_by is None
        ),
        communities=tuple(
            TrustCommunity.model_construct(
                id=name,
                title=entry.title,
                source=entry.source,
                unverified=entry.unverified,
                members=tuple(sorted(entry.members_at(now))),
                periods=entry.members,
            )
            for name, entry in sorted(trust.communities.items())
        ),
        policies=tuple(
            TrustPolicy.model_construct(
                id=name,
                source=entry.source,
                levels=tuple(
                    level.classification for level in sorted(entry.levels, key=lambda level: level.rank)
                ),
                unverified=tuple(level.classification for level in entry.levels if level.unverified),
            )
            for name, entry in sorted(trust.policies.items())
        ),
        equivalences=tuple(
            TrustEquivalence.model_construct(
                from_policy=entry.from_policy,
                to_policy=entry.to_policy,
                rests_on=entry.rests_on,
                source=entry.source,
                levels=entry.levels,
                not_before=entry.not_before,
                not_after=entry.not_after,
            )
            for entry in trust.equivalences
        ),
    )
