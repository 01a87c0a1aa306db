"""What the form of a draft needs from the gateway: the kind's schema, the realm, MINIMIZE, the preview."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.forms.field import Field
from console.forms.from_schema import form_of
from console.forms.preview import Preview, about_release, marking_of, preview_of, stand_in, versions_of
from console.forms.realm import Realm, realm_of
from console.gateway import Refused
from console.seating import Seat
from schemas.header import Kind, Mode

ANSWERED_ELSEWHERE = (Kind.ACKNOWLEDGEMENT.value,)
"""Kinds without a form of their own: an acknowledgement is written at the message that it answers."""

WRITE = "messages:write"


@dataclass(frozen=True)
class Supplies:
    """What every form of a kind is made from."""

    kind: str
    form: Field
    realm: Realm
    minimize: Mapping[str, Any] | None
    """MINIMIZE, where it is in force."""


async def supplies(seat: Seat, kind: str) -> Supplies:
    """Read all of it at once. Raises Refused: 403 for who may not write, 404 for a kind that nobody knows."""
    must_write(seat)
    if not kind.replace("_", "").isalnum() or not kind.isascii():
        raise Refused(404, {"code": "NOT_FOUND"})
    schema, trust, minimize = await asyncio.gather(
        seat.gateway.get(f"/v1/schemas/{kind}"),
        seat.gateway.get("/v1/trust"),
        seat.gateway.get("/v1/minimize"),
    )
    in_force = minimize if minimize.get("in_force") else None
    return Supplies(kind, form_of(schema), realm_of(trust, seat.nation), in_force)


def must_write(seat: Seat) -> None:
    """Leads nobody into a form that they may not send. Raises Refused, as the gateway would."""
    if not seat.may(WRITE):
        raise Refused(403, {"code": "ROLE_MISSING", "scope": WRITE})


def modes_of(seat: Seat, modes: frozenset[Mode]) -> tuple[str, ...]:
    """Modes to choose from: those that the gateway operates, without OPERATION for who only rehearses."""
    rehearses = set(seat.roles) == {"exercise_staff"}
    return tuple(mode.value for mode in Mode if mode in modes and not (rehearses and mode is Mode.OPERATION))


async def kinds_of(seat: Seat) -> tuple[str, ...]:
    """Kinds that can be written here, as the gateway's own schemas name them."""
    schema = await seat.gateway.get(f"/v1/schemas/{Kind.THREAT_ALERT.value}")
    named = schema.get("$defs", {}).get("Kind", {}).get("enum") or [kind.value for kind in Kind]
    return tuple(kind for kind in named if kind not in ANSWERED_ELSEWHERE)


async def preview(seat: Seat, draft: dict[str, Any], kind: str) -> Preview:
    """Ask the gateway who would get a draft, also while its text is not complete. Raises Unreachable."""
    marked = [marking_of(each.get("label"), seat.nation) for each in versions_of(draft)]
    try:
        return Preview(marked, await seat.gateway.post("/v1/release-preview", json=draft))
    except Refused as no:
        found = preview_of(no.problem | {"status": no.status}, draft, seat.nation)
    other = stand_in(draft, kind)
    if found.failed is not None or other is None or about_release(found.faults):
        return found
    try:
        table = await seat.gateway.post("/v1/release-preview", json=other)
    except Refused:
        return found
    return Preview(marked, table, found.faults, body_pending=True)
