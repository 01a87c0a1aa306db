"""`entente publish`: hand a draft, or a CAP 1.2 alert, to a gateway."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.table import Table

from entente.cap_publication import CapPart, EarlierAlerts, cap_options, encode_part, read_parts
from entente.gateway_client import (
    GatewayRefusedError,
    KeyFileOption,
    answered,
    gateway_client,
    required_api_key,
)
from entente.label_flags import label_of_document, label_of_flags
from entente.preview import check_accepted, preview_of, show_preview
from entente.terminal import OUT, CommandFailed, read_file, say, write_json
from schemas.header import Precedence
from schemas.interop.stanag4774 import MAX_LABEL_BYTES
from schemas.wire import MAX_CONTENT_BYTES

MAX_CAP_BYTES = 16 * 1024 * 1024


def publish(
    draft: Annotated[
        Path | None, typer.Argument(metavar="[DRAFT.json]", help="A draft: header, label, body.")
    ] = None,
    gateway: Annotated[str, typer.Option(help="The gateway's URL.")] = "http://127.0.0.1:8080",
    key_file: KeyFileOption = None,
    cap: Annotated[
        Path | None, typer.Option(help="A CAP 1.2 alert (plain or in EDXL-DE) instead of a draft.")
    ] = None,
    policy: Annotated[str | None, typer.Option(help="Label of the CAP alert: its policy.")] = None,
    classification: Annotated[str | None, typer.Option(help="Label: the policy's own words.")] = None,
    releasable_to: Annotated[
        list[str] | None, typer.Option(help="Label: a nation or community that may have it; repeat.")
    ] = None,
    label_xml: Annotated[
        Path | None,
        typer.Option("--label-xml", help="Label: a STANAG 4774 document, instead of those three."),
    ] = None,
    action: Annotated[list[str] | None, typer.Option(help="Addressee for action; repeat.")] = None,
    info: Annotated[list[str] | None, typer.Option(help="Addressee for information; repeat.")] = None,
    as_exercise: Annotated[
        str | None,
        typer.Option(help="Put the alert into this exercise. The only way for Actual ones into a drill."),
    ] = None,
    replay_now: Annotated[
        bool, typer.Option("--replay-now", help="Move an old alert in time, as if it had been sent now.")
    ] = False,
    precedence: Annotated[
        Precedence | None, typer.Option(help="Instead of the precedence its urgency and severity give.")
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only show who would get it and why; nothing is sent.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the gateway's answers as JSON.")] = False,
) -> None:
    """Publish a draft or a CAP alert and show the release decision for every nation."""
    if (draft is None) == (cap is None):
        raise CommandFailed("give either DRAFT.json or --cap FILE")
    key = required_api_key(key_file)
    if draft is not None:
        if (
            policy
            or classification
            or releasable_to
            or label_xml
            or as_exercise
            or replay_now
            or precedence
            or action
            or info
        ):
            raise CommandFailed("a draft carries its own header and label; those flags go with --cap")
        wanted: list[_Wanted] = [_Wanted(read_file(draft, MAX_CONTENT_BYTES))]
    else:
        assert cap is not None
        if label_xml is None:
            label = label_of_flags(policy, classification, releasable_to)
        elif policy or classification or releasable_to:
            raise CommandFailed("--label-xml is the whole label; --policy and its like do not go with it")
        else:
            document = read_file(label_xml, MAX_LABEL_BYTES)
            with gateway_client(gateway, key) as client:
                label = label_of_document(client, document)
        options = cap_options(as_exercise, precedence, replay_now)
        addressees = tuple(action or ()), tuple(info or ())
        parts = read_parts(cap.name, read_file(cap, MAX_CAP_BYTES), options)
        # All of them before the first is sent: what is wrong with one is known then.
        wanted = [_Wanted(encode_part(part, label, *addressees), part) for part in parts]
    answers: list[_Answer] = []
    with gateway_client(gateway, key) as client:
        earlier = EarlierAlerts(client)
        for each in wanted:
            body, part = each.body, each.part
            # Looked up when its turn comes: the earlier alert may stand in the same file.
            if part is not None and (references := earlier.references(part)):
                body = encode_part(part, label, *addressees, references)
            try:
                answers.append((part, _post(client, body, part, preview)))
            except GatewayRefusedError as refused:
                _show_until(answers, refused, part, as_json)
                raise
    if as_json:
        write_json([_for_machines(answer) for answer in answers])
    else:
        for answer in answers:
            _show(*answer)
    if preview:
        for _, table in answers:
            check_accepted(table)


_Answer = tuple[CapPart | None, dict[str, Any]]


@dataclass(frozen=True)
class _Wanted:
    body: bytes
    part: CapPart | None = None


def _post(client: httpx.Client, body: bytes, part: CapPart | None, preview: bool) -> dict[str, Any]:
    if preview:
        return preview_of(client, body)
    answer: dict[str, Any] = answered(
        client.post(
            "/v1/messages",
            content=body,
            params={"source_id": part.source_id} if part is not None else None,
            headers={"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())},
        )
    )
    return answer


def _show_until(
    answers: Sequence[_Answer], refused: GatewayRefusedError, part: CapPart | None, as_json: bool
) -> None:
    """What was accepted before one was refused: it is on its way."""
    if as_json:
        write_json([*map(_for_machines, answers), refused.problem])
        return
    for answer in answers:
        _show(*answer)
    if part is not None:
        say(f"{part.name}:")


def _for_machines(answer: _Answer) -> dict[str, Any]:
    part, given = answer
    return given if part is None else {"source_id": part.source_id, **given}


def _show(part: CapPart | None, answer: dict[str, Any]) -> None:
    if part is not None:
        OUT.print(part.name[0].upper() + part.name[1:], markup=False, soft_wrap=True)
    if "publication_id" not in answer:
        show_preview(answer)
        return
    OUT.print(f"Accepted as publication {answer['publication_id']}, message {answer['message_id']}")
    waits = answer.get("second_person")
    if waits:
        say(f"it waits until {waits['until']} for a second person to confirm it: {waits['why']}")
    table = Table("Nation", "Addressed", "Released", "Reason")
    for row in answer["decisions"]:
        table.add_row(
            row["nation"],
            row["addressed"],
            _released(row),
            f"{row['code']}: {row['explanation']}",
        )
    OUT.print(table)
    for warning in answer.get("warnings", ()):
        say(f"warning {warning['code']}: {warning['explanation']} (at {warning['pointer']})")


def _released(row: dict[str, Any]) -> str:
    if "version" in row:
        return f"version {row['version']}"
    return "yes" if row["permit"] else "no"
