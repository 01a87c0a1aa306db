"""How much may wait for a second person: of everybody, and of one author, who cannot take all the room."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bus.store import pending
from gateways.context import FlowLimits
from gateways.publishing.accepted import Accepted
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.publish import accept_draft
from gateways.releasing.lapsing import lapse
from schemas.audit import AuditEvent
from tests.faults.small_world import run
from tests.flows.second_persons import FLASH, OTHERS, R, Small
from tests.flows.world import draft


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


def test_only_so_many_wait_and_one_that_ends_makes_room(small: Small) -> None:
    small.context.limits = FlowLimits(releases=2)
    flashes: Sequence[Accepted] = [small.publish(), small.publish()]
    with pytest.raises(DraftRefused, match="QUEUE_FULL"):
        small.publish()
    small.publish(precedence="IMMEDIATE")
    small.confirm(flashes[0], confirm=False)
    run(lapse(small.context))
    small.publish()


def flash_of(small: Small, author: str, key: str | None = None) -> str:
    drafted = draft(OTHERS, header=FLASH)
    return run(accept_draft(small.context, drafted, api_key_id=author, idempotency_key=key)).publication_id


def test_an_author_whose_drafts_wait_does_not_keep_another_from_a_flash(small: Small) -> None:
    small.context.limits = FlowLimits(releases_of_author=2)
    first = flash_of(small, "busy", "once")
    flash_of(small, "busy")
    with pytest.raises(DraftRefused, match="QUEUE_FULL"):
        flash_of(small, "busy", "anew")
    assert pending.outlook(small.tx)[0] == small.context.counters.releases_waiting == 2
    [refused] = small.records(AuditEvent.PUBLICATION_REFUSED)
    assert (refused.actor, refused.reason) == ("api-key:busy", R.QUEUE_FULL)
    assert flash_of(small, "busy", "once") == first, "what was answered before is answered again"
    flash_of(small, "operator:anna")
    found = pending.find(small.tx, first)
    assert found is not None
    run(lapse(small.context))
    small.world.now = found.wait.until
    run(lapse(small.context))
    flash_of(small, "busy", "anew")


def test_what_does_not_wait_needs_no_such_room(small: Small) -> None:
    small.context.limits = FlowLimits(releases_of_author=1)
    flash_of(small, "busy")
    drafted = draft(OTHERS, header={"precedence": "IMMEDIATE"})
    run(accept_draft(small.context, drafted, api_key_id="busy"))
