"""How a message's classification reads in this nation's own policy, shown beside the native text."""

from datetime import UTC, datetime

from pydantic import Field

from bus.protocol.classification import Equivalent, equivalent
from bus.protocol.trust import TrustStore
from gateways.context import GatewayContext
from gateways.http.signed_label import SignedLabel
from schemas.base import Statement


class EquivalentView(Statement):
    """What a classification is handled as in the reader's own policy. Data of the realm, not legal advice."""

    policy: str = Field(description="This nation's own policy, as its record names it.")
    classification: str = Field(description="The level it is handled as; the label itself stays as it is.")
    rests_on: str = Field(description="The agreement or table it rests on, and whether it was mapped up.")


UNKNOWN_LEVEL = 99
"""The level of a classification that the realm has not: above every other."""


class Reading:
    """How labels read here by the trust documents of one moment."""

    def __init__(self, trust: TrustStore | None, policy: str | None, now: datetime) -> None:
        self._trust = trust
        self._policy = policy
        self._now = now
        self._known: dict[tuple[str, str], EquivalentView | None] = {}

    def equivalent(self, label: SignedLabel) -> EquivalentView | None:
        """The classification in this nation's own policy; None where the nation names none, or none fits."""
        if self._trust is None or self._policy is None:
            return None
        named = (label.policy, label.classification)
        if named not in self._known:
            self._known[named] = _view(equivalent(*named, self._policy, self._trust, self._now))
        return self._known[named]

    def suite(self, kid: str) -> str | None:
        """The suite of a key that a nation's record lists; None where none does any more."""
        nations = self._trust.nations.values() if self._trust is not None else ()
        keys = (nation.keys.get(kid) for nation in nations)
        return next((key.suite.value for key in keys if key is not None), None)

    def level(self, label: SignedLabel) -> int:
        """How high the classification stands: see ``level_of``."""
        if self._trust is None:
            return UNKNOWN_LEVEL
        return level_of(self._trust, label.policy, label.classification)


NATIVE_ONLY = Reading(None, None, datetime.min.replace(tzinfo=UTC))
"""The reading where no trust documents are at hand."""


def own_reading(context: GatewayContext) -> Reading:
    """The reading by the trust documents of this moment. The nation's record says which policy is its own."""
    trust = context.trust
    own = trust.nations.get(context.nation)
    return Reading(trust, own.record.policy if own is not None else None, context.now())


def level_of(trust: TrustStore, policy: str, classification: str) -> int:
    """The classification's rank in its policy: 0 for what is not classified, 1 restricted, and so on.

    A policy without a lowest level begins with 1: its lowest is not shown like another's unclassified.
    """
    return trust.ranks.get(policy, {}).get(classification, UNKNOWN_LEVEL)


def _view(found: Equivalent | None) -> EquivalentView | None:
    if found is None:
        return None
    return EquivalentView.model_construct(
        policy=found.policy, classification=found.classification, rests_on=found.rests_on
    )
