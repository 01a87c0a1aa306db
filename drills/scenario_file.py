"""Scenario files: found, read, and every draft in them tried against its schema before anything starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drills.acting import ActorError, acts, answer_template
from drills.agreement_play import proposal
from drills.draft_tried import HandedInRefused, tried_draft, try_proposal
from drills.levels_named import misnamed, where_handed_in
from drills.placeholders import PlaceholderError, PlayedMessage, filled_in
from drills.scenario import Inject, Scenario
from schemas.known import KnownPolicy
from schemas.strict_yaml import YamlRefused, parse_yaml, place_in, places_in, shown, told

SCENARIOS = Path(__file__).parent / "scenarios"
_SOME_MESSAGE = PlayedMessage("01890a5d-ac96-774b-bcce-b302099a8057", "XAA", "sha256:" + "0" * 64)


class ScenarioError(Exception):
    """A scenario cannot be played; the text names file, line where there is one, and what is wrong."""


@dataclass(frozen=True)
class ListedScenario:
    """A scenario that comes with Entente."""

    name: str
    path: Path
    scenario: Scenario


def find_scenario(name: str) -> Path:
    """The file of a scenario: a path, or the name of one that comes with Entente. ScenarioError."""
    own = SCENARIOS / f"{name}.yaml"
    if "/" not in name and own.is_file():
        return own
    if Path(name).is_file():
        return Path(name)
    if Path(name).is_dir():
        raise ScenarioError(f"{name!r} is a directory: give a scenario's file or its name")
    known = ", ".join(sorted(path.stem for path in SCENARIOS.glob("*.yaml")))
    raise ScenarioError(f"there is no file and no scenario {name!r}; those that come with Entente: {known}")


def list_scenarios() -> tuple[ListedScenario, ...]:
    """Every scenario that comes with Entente."""
    return tuple(
        ListedScenario(path.stem, path, load_scenario(path)) for path in sorted(SCENARIOS.glob("*.yaml"))
    )


def load_scenario(path: Path, policies: Mapping[str, KnownPolicy] | None = None) -> Scenario:
    """Read a scenario and try all its drafts against their schemas. ScenarioError.

    ``policies``: those that come with Entente; with them, whatever names a classification is tried, too.
    """
    try:
        data = path.read_bytes()
        scenario = parse_yaml(Scenario, data)
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}") from error
    except YamlRefused as refused:
        raise ScenarioError(f"{path}: {refused}") from None
    for number, inject in enumerate(scenario.injects):
        where = f"/injects/{number}"
        try:
            _try_proposal(inject)
            findings = _try_draft(scenario, inject)
        except HandedInRefused as refused:
            at = f"{where}{where_handed_in(inject)}{refused.pointer}"
            raise _refused(path, data, at, inject, str(refused)) from None
        except PlaceholderError as error:
            raise _refused(path, data, where, inject, str(error)) from None
        if findings:
            raise _refused(path, data, where + where_handed_in(inject), inject, "; ".join(findings))
    try:
        _try_actors(scenario)
    except ActorError as error:
        raise ScenarioError(f"{path}: {_where(data, error.pointer)}{error}") from None
    if policies is not None and (wrong := [*misnamed(scenario, policies)]):
        places = places_in(data, [pointer for pointer, _ in wrong])
        sentences = (
            f"{told(place)}{what} (at {shown(pointer)})"
            for (pointer, what), place in zip(wrong, places, strict=True)
        )
        raise ScenarioError(f"{path}: {'; '.join(sentences)}")
    return scenario


def _refused(path: Path, data: bytes, pointer: str, inject: Inject, what: str) -> ScenarioError:
    return ScenarioError(f"{path}: {_where(data, pointer)}inject {inject.serial}: {what}")


def _where(data: bytes, pointer: str) -> str:
    return told(place_in(data, pointer))


def _try_proposal(inject: Inject) -> None:
    if inject.step is not None and inject.step.act is None:
        try_proposal(proposal(inject.step, datetime.now(UTC)))


def _try_draft(scenario: Scenario, inject: Inject) -> list[str]:
    """A mistake in a draft shows before the realm starts, not in the middle of the play."""
    template = scenario.template(inject)
    if template is None:
        return []
    now = datetime.now(UTC)
    draft = tried_draft(filled_in(template, now=now, played=_everything(scenario), speed=scenario.speed))
    return [
        finding.explanation
        for finding in draft.body.findings(now + timedelta(seconds=1), draft.header.references)
        if finding.level.value == "ERROR" and inject.publish is not None
    ]


def _try_actors(scenario: Scenario) -> None:
    """What they react to is there, and what they would answer is a draft. ActorError."""
    for act in acts(scenario):
        if act.actor.answer is None:
            continue
        pointer, now = f"/actors/{act.number - 1}/answer", datetime.now(UTC)
        try:
            template = answer_template(act, scenario)
            played = _everything(scenario)
            draft = tried_draft(filled_in(template, now=now, played=played, speed=scenario.speed))
        except HandedInRefused as refused:
            raise ActorError(pointer + refused.pointer, act.number, act.actor, str(refused)) from None
        except PlaceholderError as error:
            raise ActorError(pointer, act.number, act.actor, str(error)) from None
        later = now + timedelta(seconds=1)
        for finding in draft.body.findings(later, draft.header.references):
            if finding.level.value == "ERROR":
                raise ActorError(pointer, act.number, act.actor, finding.explanation)


def _everything(scenario: Scenario) -> dict[str, PlayedMessage]:
    return {inject.serial: _SOME_MESSAGE for inject in scenario.injects}
