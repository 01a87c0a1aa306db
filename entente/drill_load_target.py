"""Gateways as the place of a load: refused where anything is live, labelled as their agreements allow."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx

from drills.partner_system import GatewayAccess
from entente.drill_target import read_target, require_ready
from entente.gateway_client import answered, read_api_key
from entente.terminal import CommandFailed
from schemas.agreement import Ceiling
from schemas.header import Kind, Mode


def accesses_of(file: Path) -> dict[str, GatewayAccess]:
    """Every gateway that a target file names. CommandFailed, YamlRefused."""
    return {
        nation: GatewayAccess(nation, gateway.url.rstrip("/"), read_api_key(file.parent / gateway.key_file))
        for nation, gateway in sorted(read_target(file).gateways.items())
    }


async def fit_for_load(accesses: Mapping[str, GatewayAccess], kinds: Iterable[Kind]) -> Ceiling:
    """Wait until the gateways are ready; gives the label under which all may write these kinds to all.

    CommandFailed when they are not ready, carry mode OPERATION, or no agreement covers all of it.
    """
    await require_ready(accesses)
    async with httpx.AsyncClient(trust_env=False, timeout=30.0) as client:
        held = [await _agreements(access, client) for access in accesses.values()]
    require_not_live(accesses, held)
    return label_for(accesses, held[0], kinds)


OVER = frozenset({"proposed", "left", "expired", "superseded"})
"""States of agreements that let nothing pass until their parties act anew. One that is suspended, or begins
later, was made for live traffic."""


def require_not_live(nations: Iterable[str], held: Iterable[Iterable[Mapping[str, Any]]]) -> None:
    """CommandFailed when one of the nations has agreed to exchange anything in mode OPERATION."""
    for nation, agreements in zip(nations, held, strict=True):
        for each in agreements:
            if each["state"] not in OVER and Mode.OPERATION in each["modes"]:
                raise CommandFailed(
                    f"the gateway of {nation} is live: agreement {each['id']} covers mode OPERATION. "
                    "A load is for realms without it; nothing was sent"
                )


def label_for(
    nations: Iterable[str], agreements: Iterable[Mapping[str, Any]], kinds: Iterable[Kind]
) -> Ceiling:
    """The highest label of the first agreement that covers nations and kinds in mode EXERCISE."""
    wanted = {kind.value for kind in kinds}
    for each in agreements:
        parties = {party["nation"] for party in each["parties"]}
        if (
            each["state"] == "in_force"
            and Mode.EXERCISE in each["modes"]
            and set(nations) <= parties
            and wanted <= set(each["kinds"])
        ):
            return Ceiling.model_validate(each["highest"][0])
    raise CommandFailed(
        f"no agreement in force of all of {', '.join(nations)} covers {', '.join(sorted(wanted))} in mode "
        "EXERCISE; name other kinds with --mix"
    )


async def _agreements(access: GatewayAccess, client: httpx.AsyncClient) -> list[Mapping[str, Any]]:
    response = await client.get(
        f"{access.url}/v1/agreements", headers={"Authorization": f"Bearer {access.key}"}
    )
    items: list[Mapping[str, Any]] = answered(response)["items"]
    return items
