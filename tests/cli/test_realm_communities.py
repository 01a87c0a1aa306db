"""Communities change by their next version, from now on; the past only when that is asked for."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from typer.testing import CliRunner

from bus.protocol.communities import same_past
from bus.protocol.trust import TrustStore
from entente.cli import build_app
from entente.realm_files import RealmFiles, RealmFilesError
from entente.terminal import CommandFailed
from schemas.base import rfc3339
from schemas.community import Membership
from tests.protocol.test_communities_properties import community, instants, memberships, moments

PLAN = """
name: Planned
nations:
  - {nation: XAA, display_name: A}
  - {nation: XBB, display_name: B}
  - {nation: XCC, display_name: C}
known_policies: [NATO]
communities: [{id: PAIR, title: Two, members: [%s]}]
"""


@pytest.fixture
def realm(tmp_path: Path) -> RealmFiles:
    """A realm whose community PAIR has had XAA and XBB for ever."""
    written(tmp_path, "XAA, XBB")
    run("init", str(tmp_path / "realm"), "--plan", str(tmp_path / "plan.yaml"))
    return RealmFiles(tmp_path / "realm")


def written(directory: Path, members: str) -> Path:
    """The plan with these members."""
    path = directory / "plan.yaml"
    path.write_text(PLAN % members, encoding="utf-8")
    return path


def run(*arguments: str) -> str:
    """`entente realm ...`; raises what the command raises."""
    result = CliRunner().invoke(build_app("realm"), ["realm", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def changed(realm: RealmFiles, members: str, *options: str) -> TrustStore:
    """The realm after its plan has these members."""
    plan = written(realm.directory.parent, members)
    run("communities", str(realm.directory), "--plan", str(plan), *options)
    return realm.trust()


def with_joining() -> str:
    """The members, and XCC in an hour."""
    soon = rfc3339(datetime.now(UTC) + timedelta(hours=1))
    return f"XAA, XBB, {{nation: XCC, since: '{soon}'}}"


def test_an_accession_to_come_is_the_next_version_under_the_next_trust_version(realm: RealmFiles) -> None:
    trust = changed(realm, with_joining())
    assert trust.communities["PAIR"].version == 2
    assert trust.trust_version == 2
    now = datetime.now(UTC)
    assert trust.communities["PAIR"].members_at(now) == {"XAA", "XBB"}
    assert trust.communities["PAIR"].members_at(now + timedelta(hours=2)) == {"XAA", "XBB", "XCC"}


@pytest.mark.parametrize(
    "members",
    [
        pytest.param("XAA, XBB, XCC", id="a member that has always been one"),
        pytest.param("XAA", id="a member that never was one"),
        pytest.param("XAA, XBB, {nation: XCC, since: 2026-01-01}", id="an accession in the past"),
        pytest.param("XAA, {nation: XBB, until: 2026-01-01}", id="a withdrawal in the past"),
    ],
)
def test_the_past_is_changed_only_when_that_is_asked_for(realm: RealmFiles, members: str) -> None:
    with pytest.raises(CommandFailed, match="before now"):
        changed(realm, members)
    assert realm.trust().trust_version == 1
    assert changed(realm, members, "--change-the-past").communities["PAIR"].version == 2


def test_a_plan_that_changes_nothing_makes_no_version(realm: RealmFiles) -> None:
    with pytest.raises(CommandFailed, match="as it stands"):
        changed(realm, "XAA, XBB")
    assert realm.trust().trust_version == 1


def test_too_few_root_keys_change_nothing(realm: RealmFiles) -> None:
    for number in (1, 2):
        (realm.offline / f"realm-root-{number}.json").unlink()
    with pytest.raises(RealmFilesError, match="2 realm root keys"):
        changed(realm, with_joining())
    assert realm.trust().trust_version == 1


@given(memberships(), memberships(), instants, moments)
def test_two_versions_with_the_same_past_mean_the_same_at_every_instant_of_it(
    one: tuple[Membership, ...], other: tuple[Membership, ...], now: datetime, at: datetime
) -> None:
    old, new = community(one), community(other, 2)
    if at < now and old.members_at(at) != new.members_at(at):
        assert not same_past(old, new, now)
    assert same_past(old, old, now)


@given(memberships(), instants)
def test_who_joins_or_leaves_from_now_on_leaves_the_past_alone(
    members: tuple[Membership, ...], now: datetime
) -> None:
    later = (*(m for m in members if m.nation != "XCC"), Membership(nation="XCC", since=now))
    without = tuple(m for m in members if m.nation != "XCC") or (Membership(nation="XAA"),)
    if len(later) > 1:
        assert same_past(community(without), community(later, 2), now)
