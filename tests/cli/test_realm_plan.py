"""What a plan may ask of the reviewed data, and what it must say to get what was not checked."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bus.protocol.trust import TrustStore
from entente.cli import build_app
from entente.planned_documents import PlanError
from entente.realm_files import RealmFiles
from entente.terminal import CommandFailed
from schemas.strict_yaml import YamlRefused

HEAD = """
name: Planned
nations:
  - {nation: EST, display_name: Estonia}
  - {nation: FIN, display_name: Finland, policy: NATO}
  - {nation: SWE, display_name: Sweden}
"""
AGREED = """
agreements:
  - id: warning
    title: Warning
    parties: [%s]
    kinds: [threat_alert]
    modes: [TEST]
    highest: [{policy: %s, classification: %s}]
"""


def founded(directory: Path, plan: str) -> TrustStore:
    """The trust store of a realm founded by `entente realm init --plan`. Raises what the command raises."""
    file = directory / "plan.yaml"
    file.write_text(HEAD + plan, encoding="utf-8")
    target = directory / "realm"
    result = CliRunner().invoke(
        build_app("realm"), ["realm", "init", str(target), "--plan", str(file)], catch_exceptions=False
    )
    assert result.exit_code == 0
    return RealmFiles(target).trust()


def test_a_known_community_comes_whole_with_its_source_and_only_seated_members_become_parties(
    tmp_path: Path,
) -> None:
    plan = "known_policies: [NATO]\nknown_communities: [NATO, EUROPEAN-UNION]\n"
    trust = founded(tmp_path, plan + AGREED % ("NATO", "NATO", "NATO RESTRICTED"))
    assert len(trust.communities["NATO"].members) == 32
    assert "As of" in trust.communities["NATO"].source
    assert trust.agreements["warning"].agreement.parties == ("EST", "FIN", "SWE")
    assert {name: nation.record.policy for name, nation in trust.nations.items()} == {
        "EST": None,
        "FIN": "NATO",
        "SWE": None,
    }


def test_what_was_not_checked_is_taken_when_named_and_says_so(tmp_path: Path) -> None:
    trust = founded(
        tmp_path,
        """
known_policies: [NATO]
unverified_policies: [FIN, USA]
unverified_communities: [ACGU]
equivalences:
  - {from_policy: FIN, to_policy: NATO, unverified: true}
  - {from_policy: USA, to_policy: NATO}
""",
    )
    assert trust.communities["ACGU"].unverified
    levels = {level.classification: level.unverified for level in trust.policies["USA"].levels}
    assert levels == {"UNCLASSIFIED": True, "CONFIDENTIAL": False, "SECRET": False, "TOP SECRET": False}
    pairs = {
        (e.from_policy, level.classification): level.unverified
        for e in trust.equivalences
        for level in e.levels
    }
    assert pairs["FIN", "SALAINEN"]
    assert not pairs["USA", "SECRET"]
    assert ("USA", "UNCLASSIFIED") not in pairs


REFUSED: list[tuple[str, str, type[Exception], str]] = [
    (
        "a community nobody ships",
        "known_policies: [NATO]\nknown_communities: [EU]",
        PlanError,
        "known: .*EUROPEAN-UNION",
    ),
    (
        "an unchecked community",
        "known_policies: [NATO]\nknown_communities: [ACGU]",
        PlanError,
        "unverified_communities",
    ),
    ("a policy nobody ships", "known_policies: [NATO, MARS]", PlanError, "no policy MARS"),
    ("an unchecked policy", "known_policies: [NATO, FIN]", PlanError, "unverified_policies"),
    (
        "an equivalence that was not checked",
        "known_policies: [NATO]\nunverified_policies: [FIN]\n"
        "equivalences: [{from_policy: FIN, to_policy: NATO}]",
        PlanError,
        "unverified: true",
    ),
    (
        "an equivalence no table has",
        "known_policies: [NATO, REALM]\nequivalences: [{from_policy: REALM, to_policy: NATO}]",
        PlanError,
        "give its levels",
    ),
    (
        "own levels that the policy has not got",
        "known_policies: [NATO, REALM]\nequivalences: [{from_policy: REALM, to_policy: NATO, source: x,"
        " levels: [{classification: SECRET, equivalent: NATO SECRET}]}]",
        PlanError,
        "policy REALM has no level SECRET",
    ),
    (
        "own levels without a source",
        "known_policies: [NATO, REALM]\nequivalences: [{from_policy: REALM, to_policy: NATO,"
        " levels: [{classification: OPEN, equivalent: NATO SECRET}]}]",
        YamlRefused,
        "need a source",
    ),
    (
        "an agreement of a community with one place in the realm",
        "known_policies: [NATO]\nknown_communities: [AUS-JPN-USA]\n"
        + AGREED % ("AUS-JPN-USA, EST", "NATO", "NATO SECRET"),
        PlanError,
        "two nations or more",
    ),
    (
        "a community of its own with a known name",
        "known_policies: [NATO]\nknown_communities: [NATO]\n"
        "communities: [{id: NATO, title: Ours, members: [EST, FIN]}]",
        YamlRefused,
        "stands twice",
    ),
    (
        "a member without a place in the realm",
        "known_policies: [NATO]\ncommunities: [{id: PAIR, title: Ours, members: [EST, NOR]}]",
        YamlRefused,
        "community PAIR: members name NOR",
    ),
    (
        "a member's date that is none",
        "known_policies: [NATO]\n"
        "communities: [{id: PAIR, title: Ours, members: [{nation: EST, since: 2026-02-30}]}]",
        YamlRefused,
        "not a time that exists",
    ),
    (
        "a nation's policy that the realm has not got",
        "known_policies: [REALM]",
        YamlRefused,
        "nations: policies",
    ),
]


@pytest.mark.parametrize(
    ("plan", "error", "words"), [pytest.param(*case[1:], id=case[0]) for case in REFUSED]
)
def test_a_plan_that_asks_for_what_is_not_there_is_refused(
    tmp_path: Path, plan: str, error: type[Exception], words: str
) -> None:
    with pytest.raises((error, CommandFailed), match=words):
        founded(tmp_path, plan)
    assert not (tmp_path / "realm").exists()


def test_members_of_ones_own_communities_may_be_dated(tmp_path: Path) -> None:
    trust = founded(
        tmp_path,
        "known_policies: [NATO]\n"
        "communities: [{id: WATCH, title: Ours, members: [EST, {nation: FIN, since: 2023-04-04}]}]\n",
    )
    shown: list[Any] = [
        (p.nation, p.since and p.since.isoformat()) for p in trust.communities["WATCH"].members
    ]
    assert shown == [("EST", None), ("FIN", "2023-04-04T00:00:00+00:00")]
