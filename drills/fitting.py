"""Whether what an inject names was played before, and its expectation fits its kind. Pure."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic_core import PydanticCustomError

from drills.expectation import Expectation
from drills.inject import Inject
from drills.injects import TAKING_AWAY


def require_known(inject: Inject, played: dict[str, Inject], nations: set[str]) -> None:
    """Everything that an inject names is there, and was played before."""
    if inject.nation not in nations:
        with placed("/as"):
            raise unknown(inject.serial, f"nation {inject.nation}")
    for other in inject.refers_to:
        if other not in played or played[other].publish is None:
            raise unknown(inject.serial, f"an earlier message {other}")
    like = inject.template.like if inject.template else None
    if like is not None and (like not in played or not (played[like].publish or played[like].preview)):
        raise unknown(inject.serial, f"an earlier draft {like}")
    proposed_in = inject.about_agreement
    if proposed_in not in (None, inject.serial):
        step = played[proposed_in].agreement if proposed_in in played else None
        if step is None or step.propose is None:
            raise unknown(inject.serial, f"an earlier proposal {proposed_in}")


def require_fitting(expectation: Expectation, inject: Inject, nations: set[str]) -> None:
    """The expectation speaks of what the inject's kind can come to, and of nations that are there."""
    mentioned = {
        *expectation.named,
        *expectation.acknowledged_by,
        *expectation.decisions,
        *expectation.states,
        *expectation.equivalent,
        *expectation.markings,
        *expectation.versions,
        *expectation.agreement,
        *expectation.shares,
        *expectation.after,
        *expectation.alarms,
        *expectation.in_life,
    }
    if not mentioned <= nations:
        raise unknown(inject.serial, f"the nations {', '.join(sorted(mentioned - nations))}")
    sends = inject.publish is not None or inject.acknowledge is not None or inject.answers_request
    sends |= inject.backfill is not None
    sends |= inject.hostile is not None and inject.hostile.draft is not None
    if sends != bool(expectation.recipients):
        raise misfit(
            inject, "must_have, display_only or withheld goes with publish, acknowledge and backfill"
        )
    complete = expectation.others is not None or expectation.named - {inject.nation} == nations - {
        inject.nation
    }
    if inject.publish is not None and not complete:
        raise misfit(inject, "say of every other nation what must come of it")
    if inject.preview is None and (inject.attempt is not None) != (expectation.refused is not None):
        raise misfit(inject, "refused goes with attempt and preview")
    if inject.preview is not None and not (expectation.decisions or expectation.refused):
        raise misfit(inject, "a preview is judged by decisions or refused")
    if (inject.hostile is not None) != bool(expectation.stopped_by):
        raise misfit(inject, "stopped_by_broker, rejected or recognised goes with hostile")
    if expectation.quiet and expectation.alarms:
        raise misfit(inject, "quiet is where no alarm must sound")
    if expectation.recovered_within is not None and inject.fault not in TAKING_AWAY:
        raise misfit(inject, "recovered_within goes with the beginning of a fault")
    on_papers = inject.hostile is not None and inject.hostile.agreement is not None
    if (inject.backfill is not None) != bool(expectation.listed):
        raise misfit(inject, "listed goes with backfill")
    if inject.backfill is not None and expectation.recipients != {inject.backfill.nation}:
        raise misfit(inject, "a backfill goes to its nation alone")
    if inject.agreement is not None and not expectation.agreement:
        raise misfit(inject, "say what the agreement is afterwards")
    if expectation.agreement and inject.agreement is None and not on_papers:
        raise misfit(inject, "agreement goes with what is done about one, and with forged papers")


@contextmanager
def placed(pointer: str) -> Iterator[None]:
    """Whatever is refused in it lies at or below this pointer."""
    try:
        yield
    except PydanticCustomError as error:
        context = dict(error.context or {})
        context["at"] = pointer + context.get("at", "")
        raise PydanticCustomError(error.type, error.message_template, context) from None


def misfit(inject: Inject, what: str) -> PydanticCustomError:
    """The expectation of an inject does not go with it."""
    return PydanticCustomError("expectation", "{serial}: " + what, {"serial": inject.serial})


def unknown(serial: str, what: str) -> PydanticCustomError:
    """An inject names something that is not there."""
    return PydanticCustomError(
        "scenario_unknown",
        "inject {serial} needs {what}, which is not there",
        {"serial": serial, "what": what},
    )
