"""Agreements: which let messages pass, one in plain words, and what this nation does about them."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.absent import lenient
from console.agreements.acts import acts_of, change_by, grouped, missing_from, needs_us
from console.agreements.order import ending, sections
from console.agreements.proposal import KINDS, MODES, Proposal, field_of
from console.agreements.reach import Levels
from console.gateway import Refused
from console.nations.judged import days_until
from console.pages import fragment, page
from console.seating import Seat, seated

router = APIRouter()

Here = Annotated[Seat, Depends(seated)]
Name = Annotated[str, Path(max_length=128, pattern=r"^[A-Za-z0-9:._-]+$")]
Digest = Annotated[str, Path(pattern=r"^sha256:[0-9a-f]{64}$")]
WRITE = "agreements:write"


@router.get("/agreements")
async def list_agreements(request: Request, seat: Here) -> HTMLResponse:
    """Every agreement that this nation is a party to: what waits for it first."""
    return page(request, seat, "agreements/list.html", room="agreements", **await _listed(seat))


@router.get("/agreements/fragment")
async def agreements_fragment(request: Request, seat: Here) -> HTMLResponse:
    """The same for a page that refreshes itself."""
    return fragment(request, seat, "agreements/list.html", room="agreements", **await _listed(seat))


@router.get("/agreements/propose")
async def show_proposal(
    request: Request,
    seat: Here,
    following: Annotated[str | None, Query(alias="from", pattern=r"^sha256:[0-9a-f]{64}$")] = None,
) -> HTMLResponse:
    """The form for a proposal, empty or with the terms of the version before."""
    given = Proposal(parties=(seat.nation,))
    if following is not None:
        given = Proposal.next_of(await seat.gateway.get(f"/v1/agreements/{following}"))
    return await _form(request, seat, given)


@router.post("/agreements/propose")
async def propose(request: Request, seat: Here) -> Response:
    """Propose it; what is wrong is said at the field."""
    pairs = [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str)]
    given = Proposal.of(pairs)
    faults = given.faults(seat.nation)
    if faults:
        return await _form(request, seat, given, faults=faults)
    try:
        made = await seat.gateway.post("/v1/agreements", given.draft(seat.nation))
    except Refused as no:
        if no.status not in (409, 422):
            raise _told_whose(no) from None
        return await _form(request, seat, given, refused=no)
    seat.notice("agreements.done.propose", title=made["title"])
    return RedirectResponse(f"{seat.root}/agreements/{made['digest']}", 303)


@router.get("/agreements/{name}")
async def show_agreement(request: Request, seat: Here, name: Name) -> HTMLResponse:
    """One agreement by digest or id."""
    return page(request, seat, "agreements/agreement.html", room="agreements", **await _in_depth(seat, name))


@router.get("/agreements/{name}/fragment")
async def agreement_fragment(request: Request, seat: Here, name: Name) -> HTMLResponse:
    """The same for a page that refreshes itself."""
    return fragment(
        request, seat, "agreements/agreement.html", room="agreements", **await _in_depth(seat, name)
    )


@router.post("/agreements/{digest}/{act}")
async def act_on(
    request: Request, seat: Here, digest: Digest, act: Literal["countersign", "suspend", "resume", "leave"]
) -> Response:
    """Countersign, suspend, resume or leave, once the agreement's id was typed."""
    typed = str((await request.form()).get("typed", "")).strip()
    agreement = await seat.gateway.get(f"/v1/agreements/{digest}")
    if typed != agreement["id"]:
        return await _again(request, seat, digest, wrong=act)
    try:
        await seat.gateway.post(f"/v1/agreements/{digest}/{act}")
    except Refused as no:
        if no.status not in (409, 422):
            raise _told_whose(no) from None
        return await _again(request, seat, digest, refused=no, wrong_act=act)
    seat.notice(f"agreements.done.{act}", title=agreement["title"])
    return RedirectResponse(f"{seat.root}/agreements/{digest}", 303)


def _told_whose(no: Refused) -> Refused:
    """A closed door that names who may act: reading is for everybody, so the room alone does not tell."""
    no.problem.setdefault("scope", WRITE)
    return no


async def _again(request: Request, seat: Seat, digest: str, **why: Any) -> HTMLResponse:
    context = await _in_depth(seat, digest) | why
    return page(request, seat, "agreements/agreement.html", room="agreements", status=422, **context)


async def _listed(seat: Seat) -> dict[str, Any]:
    found = lenient(await seat.gateway.get("/v1/agreements"))
    now = datetime.now(UTC)
    return {
        "sections": sections(found["items"], seat.nation, now),
        "any": bool(found["items"]),
        "may_write": seat.may(WRITE),
        **_words(now),
    }


async def _in_depth(seat: Seat, name: str) -> dict[str, Any]:
    shown, every, trust = await asyncio.gather(
        seat.gateway.get(f"/v1/agreements/{name}"),
        seat.gateway.get("/v1/agreements"),
        seat.gateway.get("/v1/trust"),
    )
    shown, others = lenient(shown), lenient(every["items"])
    now = datetime.now(UTC)
    levels = Levels(trust, now)
    acts = acts_of(shown, seat.nation)
    return {
        "agreement": shown,
        "versions": [
            each for each in others if each["id"] == shown["id"] and each["digest"] != shown["digest"]
        ],
        "acts": acts if seat.may(WRITE) else (),
        "possible": acts,
        "changes": {act: change_by(act, shown, others, seat.nation, levels) for act in acts},
        "grouped": grouped,
        "kind_words": lambda kinds: _listed_kinds(seat, kinds),
        "wrong": None,
        "wrong_act": None,
        "refused": None,
        "may_write": seat.may(WRITE),
        **_words(now),
        "needs": needs_us(shown, seat.nation),
    }


def _listed_kinds(seat: Seat, kinds: list[str]) -> str:
    words = seat.wording
    return words.listed([words.known(f"kinds.kind.{kind}", kind) for kind in kinds])


def _words(now: datetime) -> dict[str, Any]:
    return {"missing_from": missing_from, "days_until": days_until, "ending": ending, "at": now}


async def _form(
    request: Request,
    seat: Seat,
    given: Proposal,
    *,
    faults: dict[str, str] | None = None,
    refused: Refused | None = None,
) -> HTMLResponse:
    trust = lenient(await seat.gateway.get("/v1/trust"))
    at_field = field_of(refused.pointer, refused.code) if refused is not None else None
    return page(
        request,
        seat,
        "agreements/propose.html",
        room="agreements",
        status=422 if faults or refused else 200,
        given=given,
        chosen=dict(given.highest),
        nations=trust["nations"],
        policies=trust["policies"],
        kinds=KINDS,
        modes=MODES,
        faults=faults or {},
        refused=refused,
        at_field=at_field,
        may_write=seat.may(WRITE),
    )
