"""After an aborted drill: the alerts and notices that it published and that still stand are cancelled."""

from collections.abc import Mapping
from datetime import UTC, datetime

from drills.inject import Inject
from drills.left_standing import end_left
from drills.partner_system import PartnerSystem
from drills.played import Played
from schemas.drill_journal import JournalLine
from schemas.drill_journal import Played as Became


async def withdraw(played: Played, partners: Mapping[str, PartnerSystem]) -> int:
    """Cancel what stands of it, for everybody who holds it; how many that were."""
    now = datetime.now(UTC)
    published = [
        JournalLine(
            at=now,
            nation=sent.originator,
            storyline=sent.inject.title,
            title=sent.inject.title,
            did="publish",
            became=Became.DONE,
            publication_id=str(sent.answer["publication_id"]),
        )
        for sent in played.sent.values()
        if isinstance(sent.inject, Inject) and sent.inject.publish is not None
    ]
    return await end_left(published, partners)
