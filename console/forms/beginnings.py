"""What a form begins with: nothing, an earlier message to change, or a request to answer. Pure."""

import copy
from collections.abc import Collection, Mapping
from typing import Any

from console.forms.field import Field
from console.forms.lists import begun

CHANGES = ("updates", "corrects", "supersedes")
"""How a new text follows an earlier message; taking back without one is no form."""

_ADDED = {
    "header": ("message_id", "originator", "issued_at", "references"),
    "label": ("release_set", "display_set"),
}
"""What the gateway adds to a draft, and what belongs to the earlier message alone."""


def blank(form: Field, kind: str, modes: Collection[str], language: str) -> dict[str, Any]:
    """A new draft. Nothing that decides who gets it is assumed."""
    body = form.member("body")
    header: dict[str, Any] = {"kind": kind, "language": language}
    if len(modes) == 1:
        header["mode"] = next(iter(modes))
    begins: dict[str, Any] = begun(body) if body is not None else {}
    if kind == "threat_alert":
        begins["action"] = "ALERT"
        _spoken_in(begins, language)
    return {"header": header, "label": {}, "body": begins}


def _spoken_in(body: dict[str, Any], language: str) -> None:
    for text in body.get("texts", ()):
        text["language"] = language


def changing(publication: Mapping[str, Any], relation: str) -> dict[str, Any]:
    """A publication as a draft that changes it: all its text, its tear lines, and the reference."""
    message = publication["message"]
    versions = sorted(publication.get("messages") or (), key=lambda each: int(each["version"]))
    header = _without(message["header"], _ADDED["header"])
    header["references"] = [
        {
            "message_id": publication["message_id"],
            "originator": message["header"]["originator"],
            "digest": publication["digest"],
            "relation": relation,
        }
    ]
    draft: dict[str, Any] = {
        "header": header,
        "label": _without(message["label"], _ADDED["label"]),
        "body": copy.deepcopy(message["body"]),
    }
    if header["kind"] == "threat_alert" and "source_alert" not in draft["body"]:
        draft["body"]["action"] = "UPDATE"
    seen = {_version_of(publication)}
    for version in versions:
        if version["version"] not in seen and isinstance(version.get("message"), Mapping):
            seen.add(version["version"])
            draft.setdefault("tear_lines", []).append(_tear_line(version["message"]))
    return draft


def _version_of(publication: Mapping[str, Any]) -> int:
    listed = publication.get("messages") or ()
    own = [each["version"] for each in listed if each["message_id"] == publication["message_id"]]
    return int(own[0]) if own else 0


def _tear_line(message: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "label": _without(message["label"], _ADDED["label"]),
        "subject": message["header"]["subject"],
        "body": copy.deepcopy(message["body"]),
    }


def answering(form: Field, entry: Mapping[str, Any], language: str) -> dict[str, Any]:
    """An answer to a request in the inbox: to its asker alone, as urgent, under its label."""
    asked = entry["message"]
    header, label, body = asked["header"], asked["label"], asked["body"]
    draft = blank(form, "information_response", (header["mode"],), language)
    draft["header"] |= {
        "precedence": header["precedence"],
        "mode": header["mode"],
        "subject": _reply_subject(str(header.get("subject", ""))),
        "action_addressees": [header["originator"]],
        "references": [
            {
                "message_id": header["message_id"],
                "originator": header["originator"],
                "digest": entry["digest"],
                "relation": "replies",
            }
        ],
    }
    if header.get("exercise_id"):
        draft["header"]["exercise_id"] = header["exercise_id"]
    draft["label"] = {
        "policy": label["policy"],
        "classification": label["classification"],
        "releasable_to": [header["originator"]],
    }
    for name in ("restrictive", "originator_controlled"):
        if label.get(name):
            draft["label"][name] = copy.deepcopy(label[name])
    draft["body"]["rfi_id"] = body.get("rfi_id", "")
    return draft


def _reply_subject(subject: str) -> str:
    return subject if subject.startswith("Re: ") else f"Re: {subject}"[:200]


def _without(part: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return copy.deepcopy({key: value for key, value in part.items() if key not in names})
