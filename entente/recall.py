"""`entente recall`: withdraw a publication everywhere, and see who has confirmed it."""

from typing import Annotated, Any

import typer
from rich.table import Column, Table

from entente.client import Client, ClientError
from entente.client.results import Recall
from entente.gateway_client import KeyFileOption, required_api_key
from entente.terminal import OUT, CommandFailed, write_json
from schemas.recall import RecallReason

CONFIRMED = "recall.confirmed"


def recall(
    publication_id: Annotated[str, typer.Argument(metavar="PUBLICATION_ID", help="As publishing answered.")],
    gateway: Annotated[str, typer.Option(help="The gateway's URL.")] = "http://127.0.0.1:8080",
    key_file: KeyFileOption = None,
    reason: Annotated[
        RecallReason, typer.Option(help="All that partners are told.")
    ] = RecallReason.UNSPECIFIED,
    history: Annotated[
        bool, typer.Option("--history", help="Also what it updated, corrected or superseded.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Wait until every nation that was asked has confirmed.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the gateway's answer as JSON.")] = False,
) -> None:
    """Recall every copy of a publication, for good. A recall cannot un-send: who read it has read it."""
    key = required_api_key(key_file)
    try:
        with Client(gateway, api_key=key) as client:
            # From before the recall on, so that no confirmation is missed.
            position = _last_event(client) if follow else 0
            told = client.recall(publication_id, reason=reason.value, history=history)
            if follow:
                told = _confirmed(client, told, position)
    except (ClientError, ValueError) as error:
        raise CommandFailed(str(error)) from None
    if as_json:
        write_json(told.model_dump(mode="json", exclude_none=True))
        return
    OUT.print(told.notice, markup=False)
    _print(told)


def _last_event(client: Client) -> int:
    position = 0
    while (page := client.events(position, limit=500)).next > position:
        position = page.next
    return position


def _confirmed(client: Client, told: Recall, position: int) -> Recall:
    """The recall once everybody who was asked has answered."""
    following = client.follow_events(position, types=[CONFIRMED])
    while any(nation.outcome is None for nation in told.nations):
        next(following)
        told = client.recall_status(told.publication_id)
    following.close()
    return told


def _print(told: Recall) -> None:
    table = Table(Column("Nation", no_wrap=True), "Request", "Outcome", "Read before", "Confirm by")
    for nation in told.nations:
        read: dict[Any, str] = {True: "yes", False: "no", None: "not told"}
        table.add_row(
            *(nation.nation, nation.request, nation.outcome or ("OVERDUE" if nation.overdue else "awaited")),
            *("" if nation.outcome is None else read[nation.already_read], nation.confirm_by.isoformat()),
        )
    for copy in told.never_sent:
        table.add_row(copy.nation, "never sent", "", "no", "")
    OUT.print(table)
