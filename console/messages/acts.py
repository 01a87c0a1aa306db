"""Which acts a message's page offers. It only hides what would be refused: the gateway decides. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

_ASKED = ("accept", "decline", "redirect")
_FINAL = frozenset({"RECALLED", "CANCELLED"})


@dataclass(frozen=True, slots=True)
class Act:
    """One act. With ``link`` it leads to another page, else it opens a form and posts to ``path``."""

    name: str
    path: str = ""
    link: str = ""
    tone: str = ""


def acts_on_received(
    entry: Mapping[str, Any], request: Mapping[str, Any] | None, rights: Collection[str]
) -> tuple[Act, ...]:
    """What may be done with a partner's message."""
    if entry.get("recalled_at") or entry.get("message") is None:
        return ()
    base, query = f"/messages/in/{entry['message_id']}", f"originator={entry['originator']}"
    offered: list[Act] = []
    if "inbox:acknowledge" in rights and entry["kind"] != "acknowledgement":
        tone = "" if entry.get("acknowledged_at") else "primary"
        offered.append(Act("acknowledge", f"{base}/acknowledge?{query}", tone=tone))
    if request is not None and "requests:write" in rights:
        legal = _legal(request)
        if legal & {"ANSWER", "ANSWER_PARTLY"} and "messages:write" in rights:
            link = f"/compose/information_response?answers={entry['message_id']}&{query}"
            offered.append(Act("answer", link=link))
        offered += [Act(name, f"{base}/request/{name}?{query}") for name in _ASKED if name.upper() in legal]
        offered += _work(f"{base}/request", query)
    return tuple(offered)


def acts_on_published(
    found: Mapping[str, Any], request: Mapping[str, Any] | None, rights: Collection[str]
) -> tuple[Act, ...]:
    """What may be done with a message of this nation."""
    base, status = f"/messages/out/{found['publication_id']}", found["status"]
    waiting = (found.get("second_person") or {}).get("state") == "waiting"
    offered: list[Act] = []
    if waiting and "release:confirm" in rights:
        offered.append(Act("review", link=f"/releases#r-{found['publication_id']}", tone="primary"))
    changes = status == "CURRENT" and not found.get("copy_of") and found["kind"] != "acknowledgement"
    if changes and "messages:write" in rights:
        if not waiting:
            compose = f"/compose/{found['kind']}?changes={found['publication_id']}&relation="
            offered += [Act(name, link=compose + name) for name in ("updates", "corrects", "supersedes")]
        offered.append(Act("cancel", f"{base}/cancel"))
    if status != "RECALLED" and "messages:recall" in rights:
        offered.append(Act("recall", f"{base}/recall", tone="danger"))
    if request is not None and "requests:write" in rights:
        if "CLOSE" in _legal(request) and status not in _FINAL:
            offered.append(Act("close", f"{base}/request/close"))
        offered += _work(f"{base}/request", "")
    return tuple(offered)


def _work(base: str, query: str) -> list[Act]:
    tail = f"?{query}" if query else ""
    return [Act("assign", f"{base}/assignment{tail}"), Act("note", f"{base}/notes{tail}")]


def _legal(request: Mapping[str, Any]) -> set[str]:
    return {act for party in request.get("parties") or () for act in party.get("legal") or ()}
