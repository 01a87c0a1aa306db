"""What leaves for a recipient of a wider version is what would leave were there no fuller one.

Two worlds with the same clock and seed, one in which the fuller version was never written; compared is
everything that the recipient can see of its bundles, but for random values.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateways.context import FlowLimits
from tests.flows.tear_line_worlds import Desk, Sight, Version, desk, drafted, roots_of, seen_by, version
from tests.flows.world import draft
from tests.realm_fixtures import AgreementPlan, TestRealm, make_realm

MANY = tuple(f"XA{letter}" for letter in "ABCDEFGHIJKLMNOPQR")
"""XAA and 17 others: one more than a tree of the smallest depth has room for."""
FEW = MANY[7:10]
MIDDLE = MANY[4:13]
LOW = tuple(nation for nation in MANY[1:] if nation not in FEW)
LOWEST = tuple(nation for nation in MANY[1:] if nation not in MIDDLE)


@pytest.fixture(scope="module")
def realm() -> TestRealm:
    return make_realm(MANY, communities={"THE-FEW": FEW, "EVERYBODY": MANY, "MIDDLE": MIDDLE})


Scenario = Callable[[Desk], Awaitable[None]]

FULL = version("Full", "THE-FEW", classification="NATO SECRET", size=19_000)
FULLER = version("Middling", "MIDDLE", classification="NATO CONFIDENTIAL", size=5_000)
WIDE = version("Wide", "EVERYBODY")
OURS = version("For us only", "XAA", classification="NATO SECRET", size=9_000)


async def sights(
    path: Path, realm: TestRealm, scenario: Scenario, limits: FlowLimits | None
) -> dict[str, list[Sight]]:
    async with desk(path, realm, limits) as author:
        await scenario(author)
        bundles = await author.relay()
        return {nation: seen_by(nation, bundles, realm) for nation in MANY[1:]}


def alone(times: int, *versions: Version) -> Scenario:
    """Nothing but publications of these versions."""

    async def scenario(author: Desk) -> None:
        for _ in range(times):
            await author.publish(drafted(*versions))

    return scenario


def mixed(times: int, *versions: Version) -> Scenario:
    """Between ordinary messages to all, to some, and of higher precedence."""

    async def scenario(author: Desk) -> None:
        for number in range(times):
            await author.publish(draft(["EVERYBODY"], subject=f"to all, {number}"))
            await author.publish(drafted(*versions))
            await author.publish(draft([FEW[0], LOW[0]], subject=f"to two, {number}"))
            await author.publish(drafted(*versions, header={"precedence": "IMMEDIATE"}))
            await author.publish(draft([LOW[1]], subject=f"to one, {number}"))

    return scenario


SMALL_STEPS = FlowLimits(relay_batch=40)
WORLDS = {
    "one publication, which alone would need the deeper tree": (alone, 1, None),
    "several, which need several trees": (alone, 16, None),
    "in one batch with ordinary messages": (mixed, 2, None),
    "in many batches with ordinary messages": (mixed, 9, None),
    "in steps that leave things behind": (mixed, 5, SMALL_STEPS),
}


@pytest.mark.parametrize(("kind", "times", "limits"), WORLDS.values(), ids=WORLDS.keys())
async def test_a_recipient_of_the_widest_version_sees_no_sign_of_a_fuller_one(
    tmp_path: Path, realm: TestRealm, kind: Callable[..., Scenario], times: int, limits: None
) -> None:
    with_fuller = await sights(tmp_path / "with", realm, kind(times, FULL, WIDE), limits)
    without = await sights(tmp_path / "without", realm, kind(times, WIDE), limits)
    for nation in LOW:
        assert with_fuller[nation] == without[nation] != []
    for nation in FEW:
        assert with_fuller[nation] != without[nation], "the few did get something else"


async def test_a_text_for_the_own_nation_only_leaves_no_sign_with_anybody(
    tmp_path: Path, realm: TestRealm
) -> None:
    with_fuller = await sights(tmp_path / "with", realm, mixed(2, OURS, WIDE), None)
    assert with_fuller == await sights(tmp_path / "without", realm, mixed(2, WIDE), None)


async def test_a_recipient_of_a_middle_version_sees_no_sign_of_a_fuller_one(
    tmp_path: Path, realm: TestRealm
) -> None:
    with_fuller = await sights(tmp_path / "with", realm, mixed(3, FULL, FULLER, WIDE), None)
    without = await sights(tmp_path / "without", realm, mixed(3, FULLER, WIDE), None)
    for nation in LOW:
        assert with_fuller[nation] == without[nation]
    assert len(with_fuller[MIDDLE[0]]) > len(with_fuller[LOWEST[0]]), "who gets a fuller version may notice"


async def test_a_fuller_version_withheld_at_the_last_moment_leaves_no_sign_either(
    tmp_path: Path, realm: TestRealm
) -> None:
    """Its recipients would have been among those of the wider one, had there been no other."""
    two = (
        AgreementPlan(id="everything", parties=MANY, highest=(("NATO", "NATO RESTRICTED"),)),
        AgreementPlan(id="secret", parties=("XAA", *FEW)),
    )
    agreed = make_realm(MANY, agreements=two, communities={"THE-FEW": FEW, "EVERYBODY": MANY})
    seen = []
    for name, versions in (("with", (FULL, WIDE)), ("without", (WIDE,))):
        async with desk(tmp_path / name, agreed) as author:
            accepted = await author.publish(drafted(*versions))
            assert accepted.recipients == MANY[1:]
            await author.bring(agreed.end_agreement("secret"))
            bundles = await author.relay()
            seen.append({nation: seen_by(nation, bundles, agreed) for nation in MANY[1:]})
    assert [nation for nation in MANY[1:] if not seen[0][nation]] == list(FEW), (
        "never another version instead"
    )
    for nation in LOW:
        assert seen[0][nation] == seen[1][nation]


async def test_what_is_sent_again_shows_no_sign_of_a_fuller_version(tmp_path: Path, realm: TestRealm) -> None:
    seen = []
    for name, versions in (("with", (FULL, FULLER, WIDE)), ("without", (FULLER, WIDE))):
        async with desk(tmp_path / name, realm) as author:
            await mixed(3, *versions)(author)
            first = await author.relay()
            await author.sent_without_answer(first)
            again = await author.relay()
            assert len(again) > 0
            seen.append({nation: seen_by(nation, again, realm) for nation in MANY[1:]})
    for nation in LOW:
        assert seen[0][nation] == seen[1][nation] != []


async def test_variants_share_no_tree_and_lanes_keep_their_order(tmp_path: Path, realm: TestRealm) -> None:
    async with desk(tmp_path / "XAA.db", realm) as author:
        accepted = []
        for number in range(4):
            await author.publish(draft(["EVERYBODY"], subject=f"ordinary {number}"))
            accepted.append(await author.publish(drafted(FULL, FULLER, WIDE)))
        bundles = await author.relay()
        roots = {nation: roots_of(nation, bundles, realm) for nation in MANY[1:]}
        for publication in accepted:
            assert [message.recipients for message in publication.messages] == [
                FEW,
                tuple(nation for nation in MIDDLE if nation not in FEW),
                LOWEST,
            ]
            used = [
                {roots[nation][message.message_id] for nation in message.recipients}
                for message in publication.messages
            ]
            assert len(set.union(*used)) == sum(map(len, used)), "no root signs two of them"
        for nation in MANY[1:]:
            statements = [part for sight in seen_by(nation, bundles, realm) for part in sight.deliveries]
            serials = [int(part[0].split(b'"serial":')[1].split(b",")[0]) for part in statements]
            assert serials == list(range(1, 9))
