"""How a message's classification reads in this nation's own policy, shown beside the native text."""

from collections.abc import Callable

from pydantic import Field

from bus.protocol.classification import Equivalent, equivalent
from gateways.context import GatewayContext
from gateways.http.signed_label import SignedLabel
from schemas.base import Statement


class EquivalentView(Statement):
    """What a classification is handled as in the reader's own policy. Data of the realm, not legal advice."""

    policy: str = Field(description="This nation's own policy, as its record names it.")
    classification: str = Field(description="The level it is handled as; the label itself stays as it is.")
    rests_on: str = Field(description="The agreement or table it rests on, and whether it was mapped up.")


Reading = Callable[[SignedLabel], EquivalentView | None]
"""From a message's label to how it reads here."""


def native_only(_: SignedLabel) -> None:
    """The reading of a nation that names no policy of its own."""


def own_reading(context: GatewayContext) -> Reading:
    """The reading by the trust documents of this moment. The nation's record says which policy is its own."""
    trust, now = context.trust, context.now()
    own = trust.nations.get(context.nation)
    policy = own.record.policy if own is not None else None
    if policy is None:
        return native_only
    known: dict[tuple[str, str], EquivalentView | None] = {}

    def read(label: SignedLabel) -> EquivalentView | None:
        named = (label.policy, label.classification)
        if named not in known:
            known[named] = _view(equivalent(*named, policy, trust, now))
        return known[named]

    return read


def _view(found: Equivalent | None) -> EquivalentView | None:
    if found is None:
        return None
    return EquivalentView.model_construct(
        policy=found.policy, classification=found.classification, rests_on=found.rests_on
    )
