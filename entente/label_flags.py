"""The label that flags or a document give to a CAP alert: CAP has none, and nothing stands in for it."""

import json
from collections.abc import Sequence

import httpx
from pydantic import ValidationError

from entente.gateway_client import answered
from entente.terminal import CommandFailed, say
from schemas.label import DraftLabel
from schemas.strict_json import schema_refusal


def label_of_flags(
    policy: str | None, classification: str | None, releasable_to: Sequence[str] | None
) -> DraftLabel:
    """The label of `--policy`, `--classification` and `--releasable-to`.

    CommandFailed when one is missing or they make no label.
    """
    if not policy or not classification or not releasable_to:
        raise CommandFailed(
            "CAP has no classification, so its label is yours to give, and nothing stands in for it: "
            "--policy, --classification and --releasable-to, or --label-xml"
        )
    try:
        return DraftLabel(policy=policy, classification=classification, releasable_to=tuple(releasable_to))
    except ValidationError as error:
        raise CommandFailed(f"label: {schema_refusal(error).explanation}") from None


def label_of_document(client: httpx.Client, document: bytes) -> DraftLabel:
    """The label of a STANAG 4774 document, as the gateway reads it: it knows the realm's communities.

    What was left out of the document is said. Raises GatewayRefusedError.
    """
    answer = answered(
        client.post("/v1/labels/read", content=document, headers={"Content-Type": "application/xml"})
    )
    for warning in answer["warnings"]:
        say(f"label: {warning['code']}: {warning['explanation']} (at {warning['path']})")
    return DraftLabel.model_validate_json(json.dumps(answer["label"]))
