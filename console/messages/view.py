"""A message's page out of what was fetched: everything its templates show, in the reader's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.marking import Marking
from console.messages.acts import Act, acts_on_published, acts_on_received
from console.messages.fetching import Fetched, Json
from console.messages.standing import Notice, notices
from console.rendering.body import render_body
from console.rendering.curl import curl_for
from console.rendering.differences import Difference, differences
from console.rendering.handling import render_handling
from console.rendering.naming import Words, language_tag, spelled_out
from console.rendering.plain_json import plain_json
from console.rendering.progress import Recipient, acknowledged, recipients
from console.rendering.trail import Trace, trail
from console.rendering.values import Rendered, Section
from console.wording import Wording

REVOKED = "REVOKED_SINCE"


@dataclass(frozen=True)
class Key:
    """A key and its suite, as far as they are known."""

    kid: str | None
    suite: str | None


@dataclass(frozen=True)
class Signature:
    """Who signed, with what, and whether that still stands."""

    standing: str
    keys: tuple[Key, ...]
    verified_at: str | None


@dataclass(frozen=True)
class Link:
    """One message of the chain."""

    id: str
    path: str
    compare: str
    here: bool
    current: bool


@dataclass(frozen=True)
class MessageView:
    """Everything that the templates of a message's page show."""

    direction: str
    path: str
    """Of this page, without the console's root; ``query`` goes behind it."""
    query: str
    found: Json
    message: Json | None
    marking: Marking | None
    """None for what nobody is shown any more."""
    kind_words: str
    subject: str | None
    language: str
    originator: str
    issued_at: str | None
    action: tuple[str, ...]
    info: tuple[str, ...]
    references: tuple[Mapping[str, Any], ...]
    notices: tuple[Notice, ...]
    signature: Signature
    rendered: Rendered | None
    handling: tuple[Section, ...]
    json: str
    curl: str
    recipients: tuple[Recipient, ...]
    acknowledged: int
    release: tuple[Mapping[str, Any], ...]
    versions: tuple[Mapping[str, Any], ...]
    version: int
    chain: tuple[Link, ...]
    changes: tuple[Difference, ...] | None
    compared_with: str | None
    trail: tuple[Trace, ...] | None
    more_records: bool
    recall: Json | None
    request: Json | None
    acts: tuple[Act, ...]


@dataclass(frozen=True)
class Reader:
    """For whom a page is made."""

    wording: Wording
    sees_content: bool
    rights: frozenset[str]
    gateway_url: str


def words_of(wording: Wording) -> Words:
    """The catalogue of kinds in the reader's language, for rendering."""

    def words(key: str) -> str | None:
        name = f"kinds.{key}"
        return wording.t(name) if wording.has(name) else None

    return words


def kind_words(kind: str, wording: Wording) -> str:
    """What a kind is called; spelled out where nobody has named it yet."""
    return wording.known(f"kinds.kind.{kind}", spelled_out(kind))


def view_of(fetched: Fetched, reader: Reader, version: int | None = None) -> MessageView:
    """The page of one message. ``version``: of a publication with tear lines, which one is shown."""
    found, direction = fetched.found, fetched.direction
    message, version = _shown(fetched, version)
    header = _part(message, "header")
    words = words_of(reader.wording)
    standing = (fetched.row or {}).get("key_standing")
    address, query = _address(fetched)
    rendered = None
    if message is not None:
        rendered = render_body(message, fetched.schema, words, reader.wording.language)
    compared = _message_of(fetched.compared, version)
    change = None
    if compared is not None and message is not None:
        change = differences(compared, message, fetched.schema, words)
    shows = message is not None or found["status"] == "RECALLED"
    acts_on = acts_on_received if direction == "in" else acts_on_published
    copies = recipients(found) if direction == "out" else ()
    return MessageView(
        direction=direction,
        path=f"/messages/{direction}/{address}",
        query=query,
        found=found,
        message=message,
        marking=_marking(fetched, message, version),
        kind_words=kind_words(found["kind"], reader.wording),
        subject=header.get("subject"),
        language=language_tag(header.get("language")) or "en",
        originator=str(
            found.get("originator") or header.get("originator") or (fetched.row or {}).get("originator") or ""
        ),
        issued_at=found.get("issued_at") or header.get("issued_at") or found.get("accepted_at"),
        action=_addressed("action", header, fetched),
        info=_addressed("info", header, fetched),
        references=tuple(header.get("references") or ()),
        notices=notices(_with_recall(fetched), direction, sees_content=shows, bad_key=standing == REVOKED),
        signature=_signature(fetched, standing),
        rendered=rendered,
        handling=() if message is None else render_handling(message, fetched.schema, words),
        json="" if message is None else plain_json(message),
        curl=curl_for(reader.gateway_url, f"/v1/{'inbox' if direction == 'in' else 'messages'}/{address}"),
        recipients=copies,
        acknowledged=acknowledged(copies),
        release=_release(fetched),
        versions=tuple(found.get("messages") or ()) if direction == "out" else (),
        version=version,
        chain=_chain(found, address, direction),
        changes=change,
        compared_with=None if fetched.compared is None else _id_of(fetched.compared, direction),
        trail=None if fetched.records is None else trail(fetched.records),
        more_records=fetched.more_records,
        recall=fetched.recall,
        request=fetched.request,
        acts=acts_on(found, fetched.request, reader.rights),
    )


def _with_recall(fetched: Fetched) -> Json:
    """The entry or publication; of our own that is recalled, with when and why."""
    if fetched.recall is None:
        return fetched.found
    return fetched.found | {
        "recall_reason": fetched.recall["reason"],
        "recalled_at": fetched.recall["recalled_at"],
    }


def _shown(fetched: Fetched, version: int | None) -> tuple[Json | None, int]:
    """The message that is shown and its version: that which was asked for, else the fullest anybody gets."""
    found = fetched.found
    if fetched.direction == "in":
        return found.get("message"), 0
    own = next(
        (each["version"] for each in found["messages"] if each["message_id"] == found["message_id"]), 0
    )
    if version is None or all(each["version"] != version for each in found["messages"]):
        version = own
    return _message_of(found, version), version


def _message_of(found: Json | None, version: int) -> Json | None:
    """The exact message of a version. That which stands beside the list does not stand in it."""
    if found is None:
        return None
    for each in found.get("messages") or ():
        if each["version"] == version and each["message_id"] != found["message_id"]:
            other: Json | None = each.get("message")
            return other
    message: Json | None = found.get("message")
    return message


def _address(fetched: Fetched) -> tuple[str, str]:
    found = fetched.found
    if fetched.direction == "in":
        return str(found["message_id"]), f"originator={found['originator']}"
    return str(found["publication_id"]), ""


def _id_of(found: Json, direction: str) -> str:
    return str(found["message_id"] if direction == "in" else found["publication_id"])


def _marking(fetched: Fetched, message: Json | None, version: int) -> Marking | None:
    """The version's own marking; the class of colour is that of the traffic, where it is known."""
    found, row = fetched.found, fetched.row or {}
    banner, level = found.get("marking") or row.get("marking"), found.get("level")
    for each in found.get("messages") or ():
        if each["version"] == version:
            banner, level = each.get("marking") or banner, each.get("level", level)
    label = _part(message, "label")
    classification = label.get("classification") or row.get("classification") or ""
    if not banner and not classification:
        return None
    same = row.get("classification") == classification
    known = {
        "text": banner or classification,
        "policy": label.get("policy") or row.get("policy"),
        "classification": classification,
        "level": level if level is not None else row.get("level") if same else None,
        "mode": found.get("mode"),
    }
    return Marking.of(known)


def _addressed(role: str, header: Mapping[str, Any], fetched: Fetched) -> tuple[str, ...]:
    given = header.get(f"{role}_addressees") or (fetched.row or {}).get(role) or ()
    return tuple(given)


def _signature(fetched: Fetched, standing: str | None) -> Signature:
    found, row = fetched.found, fetched.row or {}
    own = fetched.direction == "out"
    keys = [Key(found.get("sign_kid"), row.get("suite"))]
    if own:
        # A gateway of an earlier version does not tell.
        keys = [Key(each["kid"], each.get("suite")) for each in found.get("signatures") or ()]
    return Signature(
        standing="revoked" if standing == REVOKED else ("own" if own else "valid"),
        keys=tuple(keys),
        verified_at=None if own else found.get("received_at"),
    )


def _release(fetched: Fetched) -> tuple[Mapping[str, Any], ...]:
    """One row a nation: what was decided, what it would be now. Those that get it first."""
    if fetched.direction == "in":
        return ()
    if fetched.release is not None:
        rows: Sequence[Json] = fetched.release["rows"]
    else:
        rows = [
            {
                "nation": row["nation"],
                "addressed": row["addressed"],
                "then": row,
                "version": row.get("version"),
            }
            for row in fetched.found.get("decisions") or ()
        ]
    return tuple(sorted(rows, key=lambda row: (not (row.get("then") or {}).get("permit"), row["nation"])))


def _chain(found: Json, address: str, direction: str) -> tuple[Link, ...]:
    history = list(found.get("history") or ())
    if len(history) < 2:
        return ()
    whose = f"originator={found['originator']}" if direction == "in" else ""
    here = f"/messages/{direction}/{address}?{whose}"
    return tuple(
        Link(
            id=each,
            path=f"/messages/{direction}/{each}" + (f"?{whose}" if whose else ""),
            compare=f"{here}{'&' if whose else ''}compare={each}",
            here=each == address,
            current=each == found.get("current"),
        )
        for each in history
    )


def _part(message: Json | None, name: str) -> Mapping[str, Any]:
    part = (message or {}).get(name)
    return part if isinstance(part, Mapping) else {}
