"""Agreements of this nation: shown, proposed, countersigned, suspended, resumed, left (design 5, 9)."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import Field

from bus.protocol.agreements import current_versions
from bus.protocol.errors import TrustError
from bus.protocol.standings import AgreementState, AgreementTrust, Standing
from bus.protocol.trust import TrustStore
from gateways.agreements.own_acts import AgreementRefused, act, propose
from gateways.http.api_keys import Scope
from gateways.http.limits import read_json_body
from gateways.http.problems import ApiRefused
from gateways.http.routes.answers import BODY, answers, json_body, statement_response
from gateways.http.runtime import Runtime, runtime
from schemas.agreement import ActKind, AgreementDraft, Ceiling
from schemas.base import Digest, Nation, ShortText, Statement, UtcTime
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode as C
from schemas.strict_json import parse_model

router = APIRouter(prefix="/v1", tags=["agreements"])

DigestPath = Annotated[
    str, Path(pattern=r"^sha256:[0-9a-f]{64}$", description="The digest as shown with the terms.")
]


class PartyView(Statement):
    """Where one party stands."""

    nation: Nation
    standing: Standing = Field(
        description="missing: not countersigned; lapsed: countersigned under a key revoked since."
    )
    act: ActKind | None = Field(None, description="Its act that counts.")
    number: int | None = None
    at: UtcTime | None = Field(None, description="When it acted, as it says.")


class AgreementView(Statement):
    """One agreement: its terms, its state now, and where each party stands."""

    id: str
    version: int
    digest: Digest
    state: AgreementState
    title: str
    proposed_by: Nation | None = Field(None, description="Absent for an agreement that the realm signed.")
    parties: tuple[PartyView, ...]
    kinds: tuple[Kind, ...]
    modes: tuple[Mode, ...]
    highest: tuple[Ceiling, ...]
    categories: tuple[ShortText, ...] = Field(description="Restrictive categories that it covers.")
    not_before: UtcTime
    not_after: UtcTime
    superseded_from: UtcTime | None = Field(None, description="When a newer version takes its place.")


class AgreementList(Statement):
    """This nation's agreements, by id and version."""

    items: tuple[AgreementView, ...]


ACT_CODES = (
    C.NOT_FOUND,
    C.ALREADY_DONE,
    C.AGREEMENT_NOT_COUNTERSIGNED,
    C.AGREEMENT_LEFT,
    C.AGREEMENT_NOT_IN_FORCE,
    C.AGREEMENT_SUPERSEDED,
    C.AGREEMENT_VERSION_TAKEN,
    C.KEY_UNKNOWN,
)
EXAMPLE = {
    "id": "nordic-alerts",
    "title": "Alerts between two neighbours",
    "parties": ["XAA", "XBB"],
    "kinds": ["threat_alert"],
    "modes": ["OPERATION"],
    "highest": [{"policy": "NATO", "classification": "NATO RESTRICTED"}],
    "not_before": "2026-03-02T00:00:00Z",
    "not_after": "2036-03-02T00:00:00Z",
}


@router.get(
    "/agreements",
    summary="List this nation's agreements with their state.",
    responses=answers(200, AgreementList, "Every agreement that this nation is a party to."),
)
async def list_agreements(request: Request) -> Response:
    """Those of the realm and those that nations proposed, in whatever state."""
    gateway = runtime(request)
    await gateway.access.admit(request, Scope.AGREEMENTS_READ)
    return statement_response(
        AgreementList.model_construct(items=tuple(_view(each, gateway) for each in _own(gateway)))
    )


@router.get(
    "/agreements/{name}",
    summary="Show one agreement by its digest or id.",
    responses=answers(
        200, AgreementView, "Terms, state and every party's act.", (C.NOT_FOUND, C.PARAMETER_INVALID)
    ),
)
async def show_agreement(
    request: Request, name: Annotated[str, Path(max_length=128, description="Digest, or id.")]
) -> Response:
    """By id the version that counts: the newest that every party countersigned, else the newest. What
    others only proposed is shown by id when there is nothing else of that id, and one nation proposed it.
    """
    gateway = runtime(request)
    await gateway.access.admit(request, Scope.AGREEMENTS_READ)
    own = _own(gateway)
    alike = [each for each in own if each.digest == name] or [
        each for each in own if each.agreement.id == name
    ]
    # Else any partner could hide an agreement behind a proposal of the same id.
    known = [each for each in alike if each.concerns(gateway.context.nation)] or alike
    if len({each.agreement.proposed_by for each in known}) > 1 and known is alike:
        raise ApiRefused(
            C.PARAMETER_INVALID, "several nations proposed agreements of this id: name the digest"
        )
    found = current_versions(known).get(known[0].agreement.id) if known else None
    if found is None:
        raise ApiRefused(C.NOT_FOUND)
    return statement_response(_view(found, gateway))


@router.post(
    "/agreements",
    status_code=201,
    summary="Propose an agreement to its other parties.",
    responses=answers(
        201,
        AgreementView,
        "Signed, countersigned for this nation, and on its way to the other parties.",
        (
            *BODY,
            C.TIME_INVALID,
            C.NATION_UNKNOWN,
            C.CLASSIFICATION_UNKNOWN,
            C.AGREEMENT_NOT_PARTY,
            C.AGREEMENT_VERSION_TAKEN,
            C.AGREEMENT_QUOTA,
            C.KEY_UNKNOWN,
        ),
    ),
    openapi_extra=json_body(
        {"$ref": "#/components/schemas/AgreementDraft"}, {"alerts": {"summary": "alerts", "value": EXAMPLE}}
    ),
)
async def propose_agreement(request: Request) -> Response:
    """It is in force once every other party's gateway has countersigned the digest in the answer."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.AGREEMENTS_WRITE)
    settings = gateway.settings
    raw = await read_json_body(
        request, max_bytes=settings.max_body_bytes, within=settings.body_timeout_seconds
    )
    draft = parse_model(AgreementDraft, raw, settings.max_body_bytes)
    try:
        digest = await propose(gateway.context, draft, actor=caller.actor)
    except AgreementRefused as refused:
        raise ApiRefused(refused.code, refused.detail, pointer=refused.pointer) from None
    except TrustError as error:
        raise ApiRefused(error.code, error.detail) from None
    response = statement_response(_view(gateway.context.trust.book.by_digest[digest], gateway))
    response.status_code = 201
    return response


async def _act(request: Request, digest: str, kind: ActKind) -> Response:
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.AGREEMENTS_WRITE)
    try:
        await act(gateway.context, digest, kind, actor=caller.actor)
    except (AgreementRefused, TrustError) as refused:
        raise ApiRefused(refused.code, refused.detail) from None
    return statement_response(_view(gateway.context.trust.book.by_digest[digest], gateway))


@router.post(
    "/agreements/{digest}/countersign",
    summary="Agree to exactly this text.",
    responses=answers(200, AgreementView, "Countersigned; in force if every party has.", ACT_CODES),
)
async def countersign_agreement(request: Request, digest: DigestPath) -> Response:
    """The digest is that of the terms as shown: what is signed is what was read."""
    return await _act(request, digest, ActKind.COUNTERSIGN)


@router.post(
    "/agreements/{digest}/suspend",
    summary="Suspend an agreement for all its parties.",
    responses=answers(200, AgreementView, "Suspended here at once, elsewhere when they hear.", ACT_CODES),
)
async def suspend_agreement(request: Request, digest: DigestPath) -> Response:
    """What was accepted under it and has not left is withheld."""
    return await _act(request, digest, ActKind.SUSPEND)


@router.post(
    "/agreements/{digest}/resume",
    summary="End our own suspension.",
    responses=answers(200, AgreementView, "In force again, unless another party suspended it.", ACT_CODES),
)
async def resume_agreement(request: Request, digest: DigestPath) -> Response:
    """What was withheld meanwhile stays withheld."""
    return await _act(request, digest, ActKind.RESUME)


@router.post(
    "/agreements/{digest}/leave",
    summary="Leave an agreement for good.",
    responses=answers(200, AgreementView, "Left: this version is never in force again.", ACT_CODES),
)
async def leave_agreement(request: Request, digest: DigestPath) -> Response:
    """Final for this version; the parties may agree on a next one."""
    return await _act(request, digest, ActKind.LEAVE)


def _own(gateway: Runtime) -> list[AgreementTrust]:
    trust: TrustStore = gateway.context.trust
    mine = trust.agreements_of.get(gateway.context.nation, ())
    return sorted(mine, key=lambda each: (each.agreement.id, each.agreement.version, each.digest))


def _view(trusted: AgreementTrust, gateway: Runtime) -> AgreementView:
    agreement = trusted.agreement
    return AgreementView.model_construct(
        id=agreement.id,
        version=agreement.version,
        digest=trusted.digest,
        state=trusted.state(gateway.context.now()),
        title=agreement.title,
        proposed_by=agreement.proposed_by,
        parties=tuple(_party(trusted, nation) for nation in sorted(trusted.parties)),
        kinds=agreement.kinds,
        modes=agreement.modes,
        highest=agreement.highest,
        categories=agreement.categories,
        not_before=agreement.not_before,
        not_after=agreement.not_after,
        superseded_from=trusted.superseded_from,
    )


def _party(trusted: AgreementTrust, nation: str) -> PartyView:
    acts = trusted.acts.get(nation)
    counting = acts[0].act if acts else None
    return PartyView.model_construct(
        nation=nation,
        standing=trusted.standings[nation],
        act=counting.act if counting else None,
        number=counting.number if counting else None,
        at=counting.at if counting else None,
    )
