"""Gateways that run elsewhere as the place where a drill plays: `entente drill run --target FILE`."""

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
from pydantic import Field

from drills.cap_play import CapTerms, cap_drill
from drills.hostile import Loot
from drills.injects import Fault
from drills.needs import Need, needs_of
from drills.outcome import DrillOutcome
from drills.partner_system import GatewayAccess
from drills.played import DrillError
from drills.ports import RealmOffice, SignedDocuments
from drills.run import run_drill
from drills.scenario import Scenario
from entente.drill_progress import DrillProgress
from entente.drill_realm import KeyHolders
from entente.drill_stage import Shown, stage
from entente.gateway_client import answered, read_api_key
from entente.realm_files import RealmFiles
from entente.terminal import CommandFailed
from schemas.base import Nation, Statement
from schemas.strict_yaml import parse_yaml

PATIENCE_READY = 60.0
_POLL = 0.2


class TargetGateway(Statement):
    """Where a nation's gateway is, and the file with an API key for it that has every scope."""

    url: Annotated[str, Field(pattern=r"^https?://[^/?#\s]+/?$")]
    key_file: Annotated[str, Field(min_length=1)]


class Target(Statement):
    """A target file; paths count from where it lies. ``realm_office``: a realm with its offline keys."""

    gateways: Annotated[dict[Nation, TargetGateway], Field(min_length=1)]
    realm_office: Annotated[str, Field(min_length=1)] | None = None


def read_target(file: Path) -> Target:
    """The target. CommandFailed when the file cannot be read, YamlRefused when it is not one."""
    try:
        return parse_yaml(Target, file.read_bytes())
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}") from error


def require_fit(scenario: Scenario, target: Target, *, injects: bool) -> None:
    """CommandFailed names what the scenario needs and the target cannot give.

    Without ``injects``, when something else is played in its realm, only its nations count.
    """
    missing = [each.nation for each in scenario.realm.nations if each.nation not in target.gateways]
    if missing:
        raise CommandFailed(f"the target has no gateway of {', '.join(missing)}, which the scenario needs")
    given = {Need.REALM_OFFICE} if target.realm_office is not None else set()
    lacking = {need: serials for need, serials in needs_of(scenario).items() if need not in given}
    if injects and lacking:
        lines = [f"the target cannot give what {scenario.title} needs; nothing was played:"]
        lines += [f"  {need}: inject {', '.join(serials)}" for need, serials in lacking.items()]
        raise CommandFailed("\n".join(lines))


async def play_on(
    file: Path,
    target: Target,
    scenario: Scenario,
    cap: tuple[Path, CapTerms] | None,
    progress: DrillProgress,
    settle: float,
    shown: Shown,
) -> DrillOutcome:
    """Play where the target says, once its gateways are ready. What fits was checked before."""
    accesses = {
        planned.nation: GatewayAccess(
            planned.nation,
            target.gateways[planned.nation].url.rstrip("/"),
            read_api_key(file.parent / target.gateways[planned.nation].key_file),
        )
        for planned in scenario.realm.nations
    }
    progress.phase(f"waiting for {len(accesses)} gateways")
    await require_ready(accesses)
    if cap is not None:
        return await cap_drill(*cap, accesses, progress, settle)
    office: RealmOffice = _NobodyThere()
    if target.realm_office is not None:
        office = KeyHolders(RealmFiles(file.parent / target.realm_office))
    nothing = Loot("", "", Path(), {}, {})
    async with stage(scenario, shown, progress) as live:
        outcome = await run_drill(
            *(scenario, accesses, _NobodyThere(), office, nothing, live),
            settle_seconds=settle,
            control=live.control,
        )
        live.ended(outcome)
    return outcome


async def require_ready(accesses: Mapping[str, GatewayAccess]) -> None:
    """Wait for every gateway and its broker; then make sure that they are those of one realm.

    CommandFailed when one is not ready in time, does not know its key, or is of another realm.
    """
    async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
        await asyncio.gather(*(_answers(access, client) for access in accesses.values()))
        told = {nation: await _trust(access, client) for nation, access in accesses.items()}
    realms = {nation: str(each["realm"]) for nation, each in told.items()}
    if len(set(realms.values())) > 1:
        raise CommandFailed(f"the target's gateways are of {len(set(realms.values()))} realms: {realms}")
    for nation, each in told.items():
        absent = sorted(set(accesses) - {row["nation"] for row in each["nations"]})
        if absent:
            raise CommandFailed(f"the realm of {nation}'s gateway has no {', '.join(absent)}")


async def _answers(access: GatewayAccess, client: httpx.AsyncClient) -> None:
    state = "it does not answer"
    try:
        async with asyncio.timeout(PATIENCE_READY):
            while True:
                with contextlib.suppress(httpx.TransportError, ValueError):
                    answer = await client.get(f"{access.url}/readyz")
                    if answer.status_code == 200 and answer.json().get("broker_connected"):
                        return
                    state = f"it is not ready, or its broker is away (/readyz answers {answer.status_code})"
                await asyncio.sleep(_POLL)
    except TimeoutError:
        raise CommandFailed(f"the gateway of {access.nation} at {access.url}: {state}") from None


async def _trust(access: GatewayAccess, client: httpx.AsyncClient) -> Mapping[str, Any]:
    response = await client.get(f"{access.url}/v1/trust", headers={"Authorization": f"Bearer {access.key}"})
    try:
        told: Mapping[str, Any] = answered(response)
    except CommandFailed as refused:
        raise CommandFailed(f"the gateway of {access.nation} at {access.url}: {refused}") from None
    return told


class _NobodyThere:
    """Machinery and office of a target that gives none: the needs were checked, so nobody asks."""

    async def bring_about(self, fault: Fault, nation: str) -> None:
        raise DrillError(f"nobody here brings about {fault.value} of {nation}")

    async def set_clock(self, nation: str, ahead: timedelta) -> None:
        raise DrillError(f"nobody here sets the clock of {nation} {ahead} ahead")

    async def accede(self, community: str, nation: str) -> SignedDocuments:
        raise DrillError(f"nobody here signs that {nation} joins {community}")

    async def secede(self, community: str, nation: str) -> SignedDocuments:
        raise DrillError(f"nobody here signs that {nation} leaves {community}")
