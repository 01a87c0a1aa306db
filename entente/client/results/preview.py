"""What publishing would answer, explained."""

from entente.client.results.accepted import SecondPersonWanted, Warned
from entente.client.results.problem import Problem
from entente.client.results.result import Json, Result


class RestsOn(Result):
    """A rule or an agreement that a decision rests on."""

    type: str
    id: str
    title: str
    version: int | None = None
    digest: str | None = None


class Step(Result):
    """One thing that somebody would have to do."""

    change: str
    by: tuple[str, ...]
    text: str
    agreement: str | None = None


class Way(Result):
    """Steps that together would turn the decision."""

    steps: tuple[Step, ...]


class PreviewRow(Result):
    """The decision for one nation, explained."""

    nation: str
    name: str
    addressed: str
    permit: bool
    code: str
    explanation: str
    sentence: str
    rests_on: tuple[RestsOn, ...]
    ways: tuple[Way, ...]
    version: int | None = None
    by_version: tuple[str, ...] | None = None
    fuller: tuple[Json, ...] | None = None


class Preview(Result):
    """The decision for every nation. Nothing was kept; ``problem`` is what publishing would answer."""

    would_be_accepted: bool
    problem: Problem | None = None
    release_set: tuple[str, ...]
    recipients: tuple[str, ...]
    decisions: tuple[PreviewRow, ...]
    warnings: tuple[Warned, ...] = ()
    second_person: SecondPersonWanted | None = None
    suggested_label: Json | None = None
    change: Json | None = None
