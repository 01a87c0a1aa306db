"""What a scenario's actors are to do, known before anything is played. Pure.

An actor reacts to what injects send, and to what actors above it in the file send: so no two can keep each
other busy for ever.
"""

import random
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from drills.actors import Actor, Misbehaviour
from drills.exercise_clock import duration
from drills.expectation import Expectation
from drills.injects import DraftTemplate, InjectReference
from drills.scenario import Inject, Scenario
from schemas.header import Kind, Relation


class ActorError(ValueError):
    """An actor cannot play. ``pointer``: what of the scenario is wrong."""

    def __init__(self, pointer: str, number: int, actor: Actor, what: str) -> None:
        super().__init__(f"actor A{number} ({actor.name}): {what}")
        self.pointer = pointer


@dataclass(frozen=True)
class Act:
    """What one actor does with one message.

    ``on``: the serial of the message; ``originator``: whose it is. ``inject``: the inject that all of it goes
    back to. ``request``: the request that the message is, or answers.
    """

    number: int
    actor: Actor
    on: str
    originator: str
    inject: str
    request: str | None

    @property
    def serial(self) -> str:
        """Its own serial: that of the message, and the actor's number."""
        return f"{self.on}-A{self.number}"

    @property
    def nation(self) -> str:
        """Whose actor it is."""
        return self.actor.nation

    @property
    def title(self) -> str:
        """Who it is."""
        return self.actor.name

    @property
    def expectation(self) -> Expectation:
        """What must come of the message that it is, if it is one: the originator alone gets it."""
        return Expectation(inject=self.inject, must_have=(self.originator,))


@dataclass(frozen=True)
class _Message:
    """A message that will be sent, as far as actors can tell."""

    serial: str
    inject: str
    kind: str
    precedence: str
    originator: str
    to: frozenset[str]
    request: str | None


def acts(scenario: Scenario) -> tuple[Act, ...]:
    """Everything that the actors owe when all injects are played, by message. ActorError."""
    messages = list(_of_injects(scenario))
    found: list[Act] = []
    first: dict[tuple[str, str], Act] = {}
    silent: dict[tuple[str, str], Act] = {}
    nations = {planned.nation for planned in scenario.realm.nations}
    for number, actor in enumerate(scenario.actors, start=1):
        _require_known(number, actor, nations, messages)
        matched = [each for each in messages if not _why_not(actor, each)][: actor.times]
        if not matched:
            what = f"nothing that reaches {actor.nation} meets all of when"
            raise ActorError(_pointer(number, "when"), number, actor, what)
        for message in matched:
            act = Act(number, actor, message.serial, message.originator, message.inject, message.request)
            told = (act.on, act.nation)
            _require_no_contradiction(act, first.get(told) if actor.silent else silent.get(told))
            first.setdefault(told, act)
            if actor.silent:
                silent[told] = act
            found.append(act)
            if actor.sends_answer:
                messages.insert(messages.index(message) + 1, _answer(act, message))
    return tuple(found)


def delay(act: Act, seed: int) -> timedelta:
    """How much exercise time the act comes after the message: drawn for itself, whatever else is played."""
    middle, spread = duration(act.actor.after), duration(act.actor.spread)
    return middle + spread * random.Random(f"{seed}/{act.serial}").uniform(-1, 1)


def drawn() -> int:
    """A seed that nobody has chosen. Short, so that people can repeat it."""
    return secrets.randbelow(1_000_000)


def answer_template(act: Act, scenario: Scenario) -> DraftTemplate:
    """The whole draft with which an actor answers a request."""
    answer = act.actor.answer
    assert answer is not None
    assert act.request is not None
    asked = scenario.template(scenario.inject(act.request))
    assert asked is not None  # a request is published by an inject
    header = {
        name: asked.header[name] for name in ("precedence", "mode", "exercise_id") if name in asked.header
    }
    label = {name: asked.label[name] for name in ("policy", "classification") if name in asked.label}
    rfi = {"rfi_id": asked.body["rfi_id"]} if "rfi_id" in asked.body else {}
    return DraftTemplate(
        header={"kind": Kind.INFORMATION_RESPONSE.value} | header | answer.header,
        label=label | {"releasable_to": [act.originator]} | answer.label,
        body=rfi | answer.body,
        references=(InjectReference(inject=act.request, relation=Relation.REPLIES),),
    )


def _of_injects(scenario: Scenario) -> Iterable[_Message]:
    """What injects send, in order."""
    for inject in scenario.injects:
        if inject.publish is None and not inject.answers_request:
            continue
        about = scenario.about(inject)
        kind, precedence = _kind_and_precedence(scenario, inject)
        request = about if kind in (Kind.INFORMATION_REQUEST, Kind.INFORMATION_RESPONSE) else None
        yield _Message(
            serial=inject.serial,
            inject=inject.serial,
            kind=kind,
            precedence=precedence,
            originator=inject.nation,
            to=frozenset(scenario.expectation(inject.serial).must_have),
            request=request,
        )


def _kind_and_precedence(scenario: Scenario, inject: Inject) -> tuple[str, str]:
    template = scenario.template(inject)
    if template is not None:
        return str(template.header.get("kind")), str(template.header.get("precedence"))
    assert inject.looks_at is not None
    return Kind.INFORMATION_RESPONSE.value, _kind_and_precedence(scenario, scenario.inject(inject.looks_at))[
        1
    ]


def _answer(act: Act, message: _Message) -> _Message:
    given = act.actor.answer.header if act.actor.answer is not None else {}
    return _Message(
        serial=act.serial,
        inject=act.inject,
        kind=Kind.INFORMATION_RESPONSE.value,
        precedence=str(given.get("precedence", message.precedence)),
        originator=act.nation,
        to=frozenset((act.originator,)),
        request=message.request,
    )


def _why_not(actor: Actor, message: _Message) -> str:
    """Why an actor does not react to a message; empty when it does."""
    when = actor.when
    if actor.nation not in message.to:
        return f"it does not reach {actor.nation}"
    if when.injects and message.inject not in when.injects:
        return "it is not named"
    if when.kinds and message.kind not in when.kinds:
        return "it is of another kind"
    if when.precedences and message.precedence not in when.precedences:
        return "it has another precedence"
    if when.origin and message.originator not in when.origin:
        return "it comes from elsewhere"
    if actor.kind_needed is not None and message.kind != actor.kind_needed:
        return f"it is no {actor.kind_needed.value}"
    if message.kind == Kind.INFORMATION_REQUEST and actor.misbehave is Misbehaviour.ANSWER_UNASKED:
        return "it is a request: to answer it is no misbehaviour"
    return ""


def _require_known(number: int, actor: Actor, nations: set[str], messages: list[_Message]) -> None:
    """ActorError when an actor names what is not there, or an inject that it does not react to."""
    if actor.nation not in nations:
        raise ActorError(_pointer(number, "nation"), number, actor, f"the realm has no {actor.nation}")
    for place, nation in enumerate(actor.when.origin):
        if nation not in nations:
            raise ActorError(
                _pointer(number, f"when/from/{place}"), number, actor, f"the realm has no {nation}"
            )
    if actor.request is not None and actor.request.redirect_to not in (None, *nations):
        what = f"the realm has no {actor.request.redirect_to}"
        raise ActorError(_pointer(number, "request/redirect_to"), number, actor, what)
    for place, serial in enumerate(actor.when.injects):
        pointer = _pointer(number, f"when/injects/{place}")
        sent = [each for each in messages if each.inject == serial]
        if not sent:
            raise ActorError(pointer, number, actor, f"no inject {serial} sends a message")
        if all(_why_not(actor, each) for each in sent):
            what = f"it never reacts to inject {serial}: {_why_not(actor, sent[0])}"
            raise ActorError(pointer, number, actor, what)


def _require_no_contradiction(act: Act, other: Act | None) -> None:
    """ActorError when a nation is to be silent on a message with which it does something: the other act."""
    if other is not None:
        what = f"A{other.number} says something else of {act.nation} and {act.on}; one of them is silent"
        raise ActorError(_pointer(act.number, ""), act.number, act.actor, what)


def _pointer(number: int, within: str) -> str:
    return f"/actors/{number - 1}" + (f"/{within}" if within else "")
