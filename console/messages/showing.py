"""A message as a page or a drawer: fetched, put into words, rendered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from fastapi import Request
from fastapi.responses import HTMLResponse

from console.console import console_of
from console.messages.fetching import published, received
from console.messages.forms import RECALL_WORD, Refusal
from console.messages.view import MessageView, Reader, view_of
from console.pages import fragment, page
from console.rendering.values import Coded, kind_of_value
from console.roles import roles_with
from console.seating import Seat

FORM_OF = {"assign": "assignment", "note": "notes"}
"""Acts whose form goes by another name."""
TABS = ("readable", "json", "trail")


@dataclass(frozen=True)
class Place:
    """Which message is shown, and how."""

    direction: str
    identifier: str
    originator: str | None = None
    compare: str | None = None
    version: int | None = None
    tab: str = "readable"
    drawer: bool = False
    done: str = ""
    """The act that was just done, for a drawer, which has no toasts."""
    refusal: Refusal | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    """What the refused form held."""

    @property
    def path(self) -> str:
        """The address of the same without what was just done or refused."""
        tail = "/fragment" if self.drawer else ""
        whose = f"?originator={self.originator}" if self.originator else ""
        return f"/messages/{self.direction}/{self.identifier}{tail}{whose}"


def reader_of(request: Request, seat: Seat) -> Reader:
    """For whom a page is made."""
    url = console_of(request).settings.gateway_url
    return Reader(seat.wording, seat.sees_content, seat.rights, url)


def helpers(seat: Seat) -> dict[str, Any]:
    """What the templates of rendered messages ask."""
    names = seat.wording.locale.languages

    def language_name(tag: str | None) -> str:
        known = names.get((tag or "").partition("-")[0].lower())
        return str(known or tag or "–")

    return {
        "kind_of": kind_of_value,
        "all_coded": lambda items: all(isinstance(item, Coded) for item in items),
        "language_name": language_name,
        "audit_roles": roles_with("audit:read"),
    }


def _has_form(view: MessageView, refusal: Refusal) -> bool:
    """Whether the act is still offered: else its refusal stands at the head."""
    return refusal.act in {FORM_OF.get(act.name, act.name) for act in view.acts if act.path}


async def show(request: Request, seat: Seat, place: Place, status: int = 200) -> HTMLResponse:
    """The page, or the drawer. Raises Refused where the message cannot be shown."""
    if place.direction == "in":
        fetched = await received(seat, place.identifier, place.originator, place.compare)
    else:
        fetched = await published(seat, place.identifier, place.compare)
    view = view_of(fetched, reader_of(request, seat), place.version)
    context: dict[str, Any] = {
        "view": view,
        "place": place,
        "tab": place.tab if place.tab in TABS else TABS[0],
        "drawer": place.drawer,
        "refusal": place.refusal,
        "formless": None if place.refusal is None or _has_form(view, place.refusal) else place.refusal,
        "given": place.given,
        "once": str(uuid4()),
        "recall_word": RECALL_WORD,
        "form_of": FORM_OF,
        "hl": "h3" if place.drawer else "h2",
        "hl_below": "h4" if place.drawer else "h3",
        **helpers(seat),
    }
    if place.drawer:
        return fragment(request, seat, "message/message.html", room="message", status=status, **context)
    return page(
        *(request, seat, "message/message.html"),
        room="message",
        marking=view.marking,
        status=status,
        **context,
    )
