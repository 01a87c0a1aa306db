"""`entente publish`: hand a draft, or a CAP 1.2 alert, to a gateway."""

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.table import Table

from entente.gateway_client import GatewayRefusedError, answered, gateway_client, read_api_key
from entente.label_flags import label_of_flags
from entente.terminal import OUT, CommandFailed, say, write_json
from schemas.header import Precedence
from schemas.interop.cap import CapDraft, CapOptions, CapRefused, CapTaken, read_cap
from schemas.label import DraftLabel
from schemas.message import Draft
from schemas.strict_json import schema_refusal
from schemas.threat_alert import ThreatAlert
from schemas.wire import MAX_CONTENT_BYTES

MAX_CAP_BYTES = 16 * 1024 * 1024


def publish(
    draft: Annotated[
        Path | None, typer.Argument(metavar="[DRAFT.json]", help="A draft: header, label, body.")
    ] = None,
    gateway: Annotated[str, typer.Option(help="The gateway's URL.")] = "http://127.0.0.1:8080",
    key_file: Annotated[Path | None, typer.Option(help="File with the API key (mode 0600).")] = None,
    cap: Annotated[
        Path | None, typer.Option(help="A CAP 1.2 alert (plain or in EDXL-DE) instead of a draft.")
    ] = None,
    policy: Annotated[str | None, typer.Option(help="Label of the CAP alert: its policy.")] = None,
    classification: Annotated[str | None, typer.Option(help="Label: the policy's own words.")] = None,
    releasable_to: Annotated[
        list[str] | None, typer.Option(help="Label: a nation or community that may have it; repeat.")
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
    if key_file is None:
        raise CommandFailed("give the file with the API key: --key-file FILE")
    key = read_api_key(key_file)
    if draft is not None:
        if (
            policy
            or classification
            or releasable_to
            or as_exercise
            or replay_now
            or precedence
            or action
            or info
        ):
            raise CommandFailed("a draft carries its own header and label; those flags go with --cap")
        wanted: list[tuple[str | None, bytes]] = [(None, _read(draft, MAX_CONTENT_BYTES))]
    else:
        assert cap is not None
        label = label_of_flags(policy, classification, releasable_to)
        options = cap_options(as_exercise, precedence, replay_now)
        addressees = tuple(action or ()), tuple(info or ())
        wanted = _drafts_of_cap(cap, options, label, addressees)
    answers: list[dict[str, Any]] = []
    path = "/v1/release-preview" if preview else "/v1/messages"
    with gateway_client(gateway, key) as client:
        for source_id, body in wanted:
            response = client.post(
                path,
                content=body,
                params={"source_id": source_id} if source_id and not preview else None,
                headers={"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())},
            )
            try:
                answers.append(answered(response))
            except GatewayRefusedError as refused:
                if as_json:
                    write_json([*answers, refused.problem])
                raise
    if as_json:
        write_json(answers)
        return
    for answer in answers:
        _show(answer)


def cap_options(as_exercise: str | None, precedence: Precedence | None, replay_now: bool) -> CapOptions:
    """How a CAP document is to be read. CommandFailed when the exercise id is none."""
    try:
        return CapOptions(as_exercise, datetime.now(UTC) if replay_now else None, precedence)
    except ValueError as error:
        raise CommandFailed(f"--as-exercise: {error}") from None


def _drafts_of_cap(
    file: Path, options: CapOptions, label: DraftLabel, addressees: tuple[tuple[str, ...], tuple[str, ...]]
) -> list[tuple[str | None, bytes]]:
    document = read_cap(_read(file, MAX_CAP_BYTES), options)
    for warning in document.warnings:
        say(f"{file.name}: {warning.code}: {warning.explanation} ({warning.path}, line {warning.line})")
    drafts: list[tuple[str | None, bytes]] = []
    for alert in document.alerts:
        if isinstance(alert, CapRefused):
            raise CommandFailed(
                f"{file.name} is refused: {alert.code}: {alert.explanation} ({alert.path}, line {alert.line})"
            )
        for warning in alert.warnings:
            say(f"{file.name}: {warning.code}: {warning.explanation} ({warning.path}, line {warning.line})")
        drafts += [(source_id_of(alert), draft_of_cap(each, label, *addressees)) for each in alert.drafts]
    return drafts


def source_id_of(alert: CapTaken) -> str:
    """The alert's own name in its standard: CAP's `sender,identifier,sent`."""
    return f"{alert.sender},{alert.identifier},{alert.sent.isoformat()}"


def draft_of_cap(
    draft: CapDraft, label: DraftLabel, action: tuple[str, ...] = (), info: tuple[str, ...] = ()
) -> bytes:
    """The draft to be posted. CommandFailed when an addressee is none."""
    try:
        header = draft.header(action, info)
    except ValidationError as error:
        raise CommandFailed(f"addressees: {schema_refusal(error).explanation}") from None
    return Draft[ThreatAlert](header=header, label=label, body=draft.body).encode()


def _read(file: Path, at_most: int) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(at_most + 1)
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}") from error
    if len(data) > at_most:
        raise CommandFailed(f"{file} is larger than {at_most} bytes")
    return data


def _show(answer: dict[str, Any]) -> None:
    if "publication_id" in answer:
        OUT.print(f"Accepted as publication {answer['publication_id']}, message {answer['message_id']}")
    table = Table("Nation", "Addressed", "Released", "Reason")
    for row in answer["decisions"]:
        table.add_row(
            row["nation"],
            row["addressed"],
            "yes" if row["permit"] else "no",
            f"{row['code']}: {row['explanation']}",
        )
    OUT.print(table)
    for warning in answer.get("warnings", ()):
        say(f"warning {warning['code']}: {warning['explanation']} (at {warning['pointer']})")
