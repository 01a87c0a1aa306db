"""The classifications and categories that a scenario names, against the policies of its realm. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from drills.acting import Act, acts, answer_template
from drills.injects import DraftTemplate
from drills.scenario import Inject, Scenario
from schemas.known import KnownPolicy
from schemas.plain_words import did_you_mean, excerpt
from schemas.realm_plan import RealmPlan
from schemas.reasons import ReasonCode

Levels = Mapping[str, tuple[str, ...]]
"""By policy, its classifications."""
Misnamed = tuple[str, str]
"""JSON pointer into the scenario, and a sentence."""


def misnamed(scenario: Scenario, known: Mapping[str, KnownPolicy]) -> Iterator[Misnamed]:
    """Every policy, level and category that the scenario names and its realm will not have.

    ``known``: the policies that come with Entente. An inject that is to come to CLASSIFICATION_UNKNOWN may
    name what it likes; so may, of categories, what is to reach nobody.
    """
    unknown = [*_unknown_policies(scenario.realm, known)]
    yield from unknown
    if unknown:
        return  # every level of it would be told of, too
    levels = planned_levels(scenario.realm, known)
    yield from _in_realm(scenario.realm, levels)
    categories = _categories(scenario)
    for number, inject in enumerate(scenario.injects):
        for pointer, what in _in_inject(scenario, inject, levels, categories):
            yield f"/injects/{number}{pointer}", f"inject {inject.serial}: {what}"
    for act in {act.number: act for act in acts(scenario) if act.actor.answer is not None}.values():
        for pointer, what in _in_answer(act, scenario, levels):
            yield f"/actors/{act.number - 1}/answer{pointer}", f"actor A{act.number} ({act.title}): {what}"
    policy_of = {planned.nation: planned.policy for planned in scenario.realm.nations}
    for number, expectation in enumerate(scenario.expectations):
        for nation, level in expectation.equivalent.items():
            policy = policy_of.get(nation)
            what = f"the realm gives {nation} no policy" if policy is None else _lacks(policy, level, levels)
            if what:
                yield f"/expectations/{number}/equivalent/{nation}", f"{expectation.inject}: {what}"


def planned_levels(plan: RealmPlan, known: Mapping[str, KnownPolicy]) -> Levels:
    """The classifications of every policy of a plan, lowest first, as far as the plan takes them."""
    found = {
        name: known[name].taken(unverified=unverified)
        for names, unverified in ((plan.known_policies, False), (plan.unverified_policies, True))
        for name in names
    }
    found |= {own.id: own.levels for own in plan.policies}
    return {
        name: tuple(level.classification for level in sorted(levels, key=lambda level: level.rank))
        for name, levels in found.items()
    }


def _unknown_policies(plan: RealmPlan, known: Mapping[str, KnownPolicy]) -> Iterator[Misnamed]:
    for member in ("known_policies", "unverified_policies"):
        for place, name in enumerate(getattr(plan, member)):
            if name not in known:
                what = f"no policy {excerpt(name)} comes with Entente{_meant(name, known)}"
                yield f"/realm/{member}/{place}", what


def _in_realm(plan: RealmPlan, levels: Levels) -> Iterator[Misnamed]:
    for number, agreement in enumerate(plan.agreements):
        for place, ceiling in enumerate(agreement.highest):
            if what := _lacks(ceiling.policy, ceiling.classification, levels):
                at = f"/realm/agreements/{number}/highest/{place}/classification"
                yield at, f"agreement {agreement.id}: {what}"
    for number, each in enumerate(plan.equivalences):
        for place, level in enumerate(each.levels):
            at = f"/realm/equivalences/{number}/levels/{place}"
            if what := _lacks(each.from_policy, level.classification, levels):
                yield f"{at}/classification", what
            if what := _lacks(each.to_policy, level.equivalent, levels):
                yield f"{at}/equivalent", what


def _in_inject(
    scenario: Scenario, inject: Inject, levels: Levels, categories: frozenset[str]
) -> Iterator[Misnamed]:
    expectation = scenario.expectation(inject.serial)
    decided = {*expectation.must_never.values(), *expectation.decisions.values()}
    if ReasonCode.CLASSIFICATION_UNKNOWN in {expectation.refused, expectation.others, *decided}:
        return
    written, whole = inject.template, scenario.template(inject)
    if written is not None and whole is not None:
        yield from _in_draft(written, whole, where_handed_in(inject), levels)
        if expectation.recipients:
            yield from _of_categories(written, where_handed_in(inject), categories)
    if inject.step is not None and inject.step.propose is not None:
        yield from _within(inject.step.propose, where_handed_in(inject), levels)


def _in_draft(written: DraftTemplate, whole: DraftTemplate, at: str, levels: Levels) -> Iterator[Misnamed]:
    yield from _in_label(written.label, whole.label, f"{at}/label", levels)
    yield from _within(written.body, f"{at}/body", levels)
    for number, version in enumerate(written.tear_lines or ()):
        yield from _in_label(version.label, None, f"{at}/tear_lines/{number}/label", levels)
        yield from _within(version.body, f"{at}/tear_lines/{number}/body", levels)


def _in_answer(act: Act, scenario: Scenario, levels: Levels) -> Iterator[Misnamed]:
    answer = act.actor.answer
    if answer is not None:
        yield from _in_label(answer.label, answer_template(act, scenario).label, "/label", levels)
        yield from _within(answer.body, "/body", levels)


def _within(value: Any, at: str, levels: Levels) -> Iterator[Misnamed]:
    """Wherever in a value a policy and a classification stand together."""
    if isinstance(value, dict):
        if {"policy", "classification"} <= value.keys():
            yield from _in_label(value, None, at, levels)
        for name, inner in value.items():
            yield from _within(inner, f"{at}/{name}", levels)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _within(inner, f"{at}/{place}", levels)


def _in_label(
    written: Mapping[str, Any], whole: Mapping[str, Any] | None, at: str, levels: Levels
) -> Iterator[Misnamed]:
    """Of a label, or of what it changes in the label that it is like: what was said there is judged there."""
    label = written if whole is None else whole
    policy, level = label.get("policy"), label.get("classification")
    if not isinstance(policy, str) or not {"policy", "classification"} & written.keys():
        return
    if policy not in levels:
        yield f"{at}/policy", f"the realm has no policy {excerpt(policy)}{_meant(policy, levels)}"
    elif isinstance(level, str) and (what := _lacks(policy, level, levels)):
        yield f"{at}/{'classification' if 'classification' in written else 'policy'}", what


def _of_categories(written: DraftTemplate, at: str, categories: frozenset[str]) -> Iterator[Misnamed]:
    labels = [(f"{at}/label", written.label)]
    labels += [
        (f"{at}/tear_lines/{number}/label", version.label)
        for number, version in enumerate(written.tear_lines or ())
    ]
    for pointer, label in labels:
        named = label.get("restrictive")
        for place, category in enumerate(named if isinstance(named, list) else ()):
            if isinstance(category, str) and category not in categories:
                what = f"no agreement names the category {excerpt(category)}{_meant(category, categories)}"
                yield f"{pointer}/restrictive/{place}", what


def _categories(scenario: Scenario) -> frozenset[str]:
    """Every restrictive category of an agreement, of the realm or proposed in the play."""
    found = {name for agreement in scenario.realm.agreements for name in agreement.categories}
    for inject in scenario.injects:
        proposed = (inject.step.propose if inject.step is not None else None) or {}
        named = proposed.get("categories")
        found |= {name for name in named if isinstance(name, str)} if isinstance(named, list) else set()
    return frozenset(found)


def where_handed_in(inject: Inject) -> str:
    """Where in an inject the draft or proposal stands that it hands in."""
    if inject.attempt is not None:
        part = "/draft" if inject.attempt.draft is not None else ""
        return "/attempt/agreement/propose" if inject.attempt.agreement is not None else f"/attempt{part}"
    if inject.agreement is not None:
        return "/agreement/propose"
    return "/hostile/draft" if inject.hostile is not None else f"/{inject.kind}"


def _lacks(policy: str, level: str, levels: Levels) -> str:
    """That a policy has no such level; empty when it has."""
    if level in levels[policy]:
        return ""
    return f"policy {policy} has no level {excerpt(level)}{_meant(level, levels[policy])}"


def _meant(name: str, words: Mapping[str, object] | tuple[str, ...] | frozenset[str]) -> str:
    """What was meant; where nothing looks like it, what there is."""
    meant = did_you_mean(name, sorted(words))
    return meant or (f"; it has {', '.join(words)}" if isinstance(words, tuple) else "")
