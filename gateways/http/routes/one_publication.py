"""One publication in full, as far as a caller may see it: what several routes answer."""

from fastapi.responses import Response

from bus.store import pending, publications
from bus.store.pending import SecondPerson
from bus.store.publications import PublicationDetail
from bus.store.writer import Transaction
from gateways.http.caller import Caller
from gateways.http.problems import ApiRefused
from gateways.http.publication_views import publication_detail
from gateways.http.reading import own_reading
from gateways.http.routes.answers import json_response
from gateways.http.runtime import Runtime
from schemas.reasons import ReasonCode


async def seen_publication(
    gateway: Runtime, caller: Caller, publication_id: str
) -> tuple[PublicationDetail, SecondPerson | None]:
    """As it stands now, and what a second person has to do with it. NOT_FOUND also where it is not shown."""

    def look(tx: Transaction) -> tuple[PublicationDetail | None, SecondPerson | None]:
        return publications.get(tx, publication_id), pending.of_publication(tx, publication_id)

    stored, wait = await gateway.context.store.read(look)
    if stored is None or not caller.sees(stored.publication.kind, stored.publication.mode):
        raise ApiRefused(ReasonCode.NOT_FOUND)
    return stored, wait


async def shown_publication(gateway: Runtime, caller: Caller, publication_id: str) -> Response:
    """The answer that shows it; its message only to whom content is shown."""
    stored, wait = await seen_publication(gateway, caller, publication_id)
    return json_response(
        publication_detail(
            stored,
            gateway.context.now(),
            wait,
            reading=own_reading(gateway.context),
            with_content=caller.sees_content,
        )
    )
