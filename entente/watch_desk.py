"""What people need to see a realm that `entente up` runs: operators with links, a console, a living drill.

The operator has every role but the auditor's, so that a newcomer sees all of it. Where it counts, nobody has.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from rich.console import Console

from bus.keystore import read_secret, write_secret
from bus.store import operator_links, operators
from bus.store.operators import Operator
from bus.store.writer import Store, Transaction
from drills.journal import JournalWriter, write_catalogue
from drills.left_standing import left_standing
from drills.living_drill import LivingDrill
from drills.partner_system import GatewayAccess
from drills.scenario_file import list_scenarios
from drills.storylines import Life, load_life
from entente.child_process import ChildProcess
from entente.ending_tasks import ended
from entente.gateway_process import GatewayDiedError
from entente.operator_link import ACTOR, address
from entente.realm import RunningRealm
from gateways.evidence import Evidence
from gateways.operators.hashing import Hashing
from gateways.operators.link_sign_in import ends, new_link
from gateways.operators.passwords import one_time_password
from gateways.store_file import STORE_FILE
from schemas.audit import AuditEvent
from schemas.drill_journal import CataloguedDrill, DrillCatalogue, JournalStart
from schemas.operator import Role

OPERATOR = "watch"
ROLES = frozenset(Role) - {Role.AUDITOR}
LINK_MINUTES = 24 * 60
LIFE = "baltic-life"
PATIENCE_READY = 30.0
_POLL = 0.1

Report = Callable[[str], None]


@dataclass(frozen=True)
class Desk:
    """Where a nation's console is, and how to sign in there."""

    url: str
    link: str
    operator: str
    password_file: Path


@contextlib.asynccontextmanager
async def desks(
    realm: RunningRealm, lock: int, report: Report, drill: tuple[Path, str] | None = None
) -> AsyncIterator[Mapping[str, Desk]]:
    """Run one console for all nations; yields once it answers, with new links.

    ``drill``: the folder where one is played that these people watch, and its exercise; without it the
    living drill's.
    """
    port = realm.state.ports(("console",))["console"]
    drills = drills_dir(realm)
    exercise = load_life(LIFE).exercise_id if _lives_in(realm) else ""
    if drill is not None:
        drills, exercise = drill[0].absolute(), drill[1]
    write_catalogue(drills, catalogue())
    base = f"http://127.0.0.1:{port}"
    environment = {
        "ENTENTE_CONSOLE_HOST": "127.0.0.1",
        "ENTENTE_CONSOLE_PORT": str(port),
        "ENTENTE_CONSOLE_MODES": '["EXERCISE", "TEST"]',
        "ENTENTE_CONSOLE_DRILLS_DIR": str(drills),
        "ENTENTE_CONSOLE_EXERCISE_NAME": exercise,
    }
    arguments = ["console", "run"]
    for nation, place in realm.gateways.items():
        arguments += ["--several", f"{nation}={place.url}"]
    process = ChildProcess(
        "the console", tuple(arguments), environment, realm.state.path / "console.log", report, lock
    )
    try:
        await process.start()
        made = {nation: await _desk(realm, nation, base) for nation in realm.gateways}
        await _ready(process, base)
        yield made
    finally:
        await process.stop()


def show_links(found: Mapping[str, Desk], console: Console) -> None:
    """Links on lines of their own: a table would break them."""
    console.print("\nConsoles. Each link signs in once, within a day:")
    for nation, desk in found.items():
        console.print(f"  {nation}  {desk.link}", soft_wrap=True, highlight=False, markup=False)
    desk = next(iter(found.values()))
    console.print(
        f"Later, and for acts that ask for a password: operator {desk.operator}, password in "
        f"{desk.password_file.parent}\n",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )


@contextlib.asynccontextmanager
async def living(realm: RunningRealm, report: Report) -> AsyncIterator[bool]:
    """Play the living drill meanwhile; yields whether this realm has the nations for it."""
    life = load_life(LIFE)
    if not _lives_in(realm):
        yield False
        return
    now = datetime.now(UTC)
    start = JournalStart(
        run=f"{LIFE}-{now:%Y%m%d-%H%M%S}",
        drill=LIFE,
        title=life.title,
        started_at=now,
        nations=life.nations,
    )
    accesses = {nation: GatewayAccess(nation, it.url, it.key) for nation, it in realm.gateways.items()}
    left = left_standing(drills_dir(realm), LIFE)
    with JournalWriter(drills_dir(realm), start) as journal:
        drill = LivingDrill(life, accesses, journal.add, left=left)
        playing = asyncio.create_task(_reported(drill, report))
        try:
            yield True
        finally:
            await ended(playing, "the living drill", report)


def _lives_in(realm: RunningRealm) -> bool:
    return set(load_life(LIFE).nations) <= set(realm.gateways)


def drills_dir(realm: RunningRealm) -> Path:
    """Where drills of this realm write for its consoles."""
    return realm.state.path / "drills"


async def _reported(drill: LivingDrill, report: Report) -> None:
    """The realm goes on without its drill."""
    try:
        await drill.play()
    except Exception as error:  # noqa: BLE001 - whatever ends it, the realm is not concerned
        report(f"the living drill ended: {type(error).__name__}")


async def _desk(realm: RunningRealm, nation: str, base: str) -> Desk:
    """A nation's operator, made at the first start, and a new link."""
    now = datetime.now(UTC)
    url = f"{base}/{nation.lower()}"
    text, link = new_link(OPERATOR, ends(now, LINK_MINUTES), os.urandom)
    file = _password_file(realm, nation)
    hashed = await asyncio.to_thread(Hashing().hash_now, _password(file))
    store = Store.open(realm.state.gateway(nation) / STORE_FILE, nation, realm.state.realm.trust().realm)

    def job(tx: Transaction) -> None:
        evidence = Evidence(nation, ACTOR, now, os.urandom)
        if operators.find(tx, OPERATOR) is None:
            operators.add(tx, _operator(nation, hashed, now))
            evidence.add(AuditEvent.OPERATOR_ADDED, operator=OPERATOR)
            for role in sorted(ROLES):
                evidence.add(AuditEvent.OPERATOR_ROLE_GIVEN, operator=OPERATOR, role=role)
        operator_links.add(tx, link, now)
        evidence.add(AuditEvent.OPERATOR_LINK_MADE, operator=OPERATOR)
        evidence.write(tx)

    try:
        await store.write(job)
    finally:
        await store.close()
    return Desk(f"{url}/", address(url, text), OPERATOR, file)


def _operator(nation: str, hashed: str, now: datetime) -> Operator:
    return Operator(
        name=OPERATOR,
        display_name=f"{nation} watch",
        roles=ROLES,
        enabled=True,
        created_at=now,
        password_hash=hashed,
        password_set_at=now,
    )


def _password_file(realm: RunningRealm, nation: str) -> Path:
    directory = realm.state.path / "operators"
    directory.mkdir(exist_ok=True, mode=0o700)
    return directory / f"{nation}.password"


def _password(file: Path) -> str:
    if not file.exists():
        write_secret(file, one_time_password(os.urandom).encode("ascii") + b"\n")
    return read_secret(file).decode("ascii").strip()


async def _ready(process: ChildProcess, base: str) -> None:
    """GatewayDiedError when the console ended, or does not answer in time."""
    try:
        async with asyncio.timeout(PATIENCE_READY), httpx.AsyncClient(trust_env=False) as client:
            while True:
                if process.ended_badly:
                    raise GatewayDiedError(f"the console ended: {process.last_line()}")
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{base}/")).status_code < 400:
                        return
                await asyncio.sleep(_POLL)
    except TimeoutError:
        raise GatewayDiedError(f"the console did not answer; {process.last_line()}") from None


def catalogue() -> DrillCatalogue:
    """Every drill that comes with Entente."""
    return DrillCatalogue(
        drills=(
            _living_entry(load_life(LIFE)),
            *(
                CataloguedDrill(
                    name=each.name,
                    title=each.scenario.title,
                    summary=each.scenario.summary,
                    nations=tuple(planned.nation for planned in each.scenario.realm.nations),
                    injects=len(each.scenario.injects),
                    endless=False,
                )
                for each in list_scenarios()
            ),
        )
    )


def _living_entry(life: Life) -> CataloguedDrill:
    return CataloguedDrill(
        name=LIFE,
        title=life.title,
        summary=life.summary,
        nations=life.nations,
        injects=sum(len(storyline.injects) for storyline in life.storylines),
        endless=True,
    )
