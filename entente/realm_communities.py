"""`entente realm communities`: bring the communities of a changed plan into force, as their next versions."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bus.authority import Realm
from bus.protocol.communities import same_past
from entente.bringing_out import GatewayOption, JsonOption, bring_out, put_in_force
from entente.planned_documents import planned_communities
from entente.realm_files import RealmFiles
from entente.realm_plan_file import read_plan
from entente.terminal import CommandFailed
from schemas.community import Community
from schemas.trust import DocumentType


def communities(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The realm directory with the offline realm keys.")
    ],
    plan: Annotated[Path, typer.Option(help="The realm's plan, with its communities as they are to be.")],
    change_the_past: Annotated[
        bool,
        typer.Option(
            "--change-the-past",
            help="Also when the plan changes who was a member before now: to mend mistakes.",
        ),
    ] = False,
    gateway: GatewayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put the plan's communities in force where they are new or have changed; none is taken out of force."""
    files = RealmFiles(directory)
    now = datetime.now(UTC)
    wanted = read_plan(plan)
    changed = []
    with files.exclusively():
        state = Realm.read(files.trust())
        keys = files.realm_keys(state.root.threshold)
        for planned in planned_communities(wanted, state.id):
            held = state.documents.get((DocumentType.COMMUNITY, planned.id))
            document = planned
            if held is not None:
                in_force = held.document
                assert isinstance(in_force, Community)
                document = planned.model_copy(update={"version": in_force.version})
                if document == in_force:
                    continue
                document = planned.model_copy(update={"version": in_force.version + 1})
                if not change_the_past and not same_past(in_force, document, now):
                    raise CommandFailed(
                        f"{planned.id}: the plan changes who was a member before now, and what was issued "
                        "would be judged by that. Give since and until, or mend it by --change-the-past"
                    )
            state = state.with_document(document, keys)
            changed.append(f"{document.id} version {document.version}")
        if not changed:
            raise CommandFailed("every community of the plan is in force as it stands there")
        trust = put_in_force(files, state, now)
    bring_out(files, trust, gateway, ", ".join(changed), as_json)
