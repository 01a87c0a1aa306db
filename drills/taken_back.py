"""When requests were taken back: what nobody had answered by then is owed by nobody. Pure."""

from collections.abc import Mapping
from datetime import datetime

from drills.inject import Inject
from drills.life_injects import RequestMove
from drills.outcome import DrillOutcome
from drills.scenario import Scenario
from schemas.header import Relation


def with_taken_back(outcome: DrillOutcome, scenario: Scenario, began: Mapping[str, datetime]) -> DrillOutcome:
    """The outcome whose messages say when they were taken back. ``began``: when each inject was played."""
    taken_back: dict[str, datetime] = {}
    for inject in scenario.injects:
        of = _takes_back(inject) if inject.serial in began else None
        for serial in scenario.chain(of) if of is not None else ():
            taken_back.setdefault(serial, began[inject.serial])
    return outcome.model_copy(
        update={
            "messages": tuple(
                message.model_copy(update={"taken_back_at": taken_back.get(message.serial)})
                for message in outcome.messages
            )
        }
    )


def _takes_back(inject: Inject) -> str | None:
    """The inject whose message it takes back from everybody; None when it takes back none."""
    if inject.cancel is not None:
        return inject.cancel.inject
    if inject.recall is not None:
        return inject.recall.inject
    if inject.request is not None and inject.request.act is RequestMove.CANCEL:
        return inject.request.inject
    references = inject.publish.references if inject.publish is not None else None
    return next((each.inject for each in references or () if each.relation is Relation.CANCELS), None)
