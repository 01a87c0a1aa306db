"""Pages and fragments out of templates: what every template finds, and how a template becomes an answer."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from console import strip, times
from console.console import Console, console_of
from console.marking import Marking
from console.nation_names import nation_name
from console.own_files import own_files
from console.rail import entries
from console.roles import absent_rooms
from console.seating import Seat
from console.supply import Supply
from console.visible import one_line, visible
from console.wording import LANGUAGES, Wording

HERE = Path(__file__).parent


def page(
    request: Request,
    seat: Seat | None,
    template: str,
    *,
    room: str,
    marking: Marking | None = None,
    status: int = 200,
    **context: Any,
) -> HTMLResponse:
    """A whole page. ``marking`` is the highest of what it shows; None where it shows no message."""
    given = surroundings(request, seat) | {
        "layout": "frame.html",
        "room": room,
        "marking": marking,
        "rail": entries(seat) if seat is not None else (),
        "notices": seat.session.taken_notices() if seat is not None else (),
    }
    return HTMLResponse(_render(template, given | context), status)


def fragment(
    request: Request, seat: Seat | None, template: str, *, room: str, status: int = 200, **context: Any
) -> HTMLResponse:
    """A part of a page, for ``static/js/frame/fragment.js``: the same template in a bare layout."""
    given = surroundings(request, seat) | {"layout": "fragment.html", "room": room, "marking": None}
    return HTMLResponse(_render(template, given | context), status)


def surroundings(request: Request, seat: Seat | None) -> dict[str, Any]:
    """What every template finds."""
    console: Console = console_of(request)
    preferences, wording = console.chosen(request)
    return {
        "root": console.root,
        "static": f"{console.root}/static/{own_files().version}",
        "wording_address": f"{console.root}/wording/{wording.language}.json?v={wording.live_text.tag}",
        "palette_address": _palette_address(console),
        "preloaded": set(),
        "nation": console.settings.nation,
        "settings": console.settings,
        "seat": seat,
        "csrf": seat.csrf if seat is not None else "",
        "door": "",
        "rail": (),
        "notices": (),
        "preferences": preferences,
        "wording": wording,
        "t": wording.t,
        "languages": LANGUAGES,
        "path": request.url.path.removeprefix(console.root) or "/",
        "now": datetime.now(UTC),
    }


def _palette_address(console: Console) -> str:
    """Where the configured colours are; empty without any, so that no page waits for nothing."""
    if not console.palette.label:
        return ""
    return f"{console.root}/palette.css?v={Supply(console.palette.css().encode()).tag}"


def render_alone(template: str, wording: Wording, **context: Any) -> str:
    """A template's text for a page that belongs to no console: the one that chooses between several."""
    return _render(template, {"wording": wording, "t": wording.t} | context)


def _render(template: str, context: Mapping[str, Any]) -> str:
    return environment().get_template(template).render(context)


@cache
def environment() -> Environment:
    """The templates: everything is escaped whatever its suffix, and a name that is not there is an error."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        auto_reload=False,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "visible": visible,
        "one_line": one_line,
        "dtg": times.dtg,
        "clock": times.clock,
        "near": _near,
        "iso": times.iso,
        "local": _local,
        "number": _number,
        "nation_name": _nation_name,
    }
    made.globals |= {
        "sprite": sprite(),
        "icon": icon,
        "module": _module,
        "absent_rooms": absent_rooms,
        "strip_state": strip.standing,
        "strip_age": strip.age,
        "role_words": _role_words,
        "language_name": language_name,
    }
    return made


@pass_context
def _module(context: Context, entry: str) -> Markup:
    """A script of ``static/js``, and before it all that it imports, to be fetched side by side."""
    preloaded, base = context["preloaded"], context["static"]
    wanted = [name for name in own_files().modules(entry) if name not in preloaded]
    preloaded.update(wanted)
    link = Markup('<link rel="modulepreload" href="{}/{}">\n')
    links = Markup("").join(link.format(base, name) for name in wanted)
    return links + Markup('<script type="module" src="{}/js/{}"></script>').format(base, entry)


@pass_context
def _local(context: Context, at: Any) -> str:
    return times.local(at, context["preferences"].zone)


@pass_context
def _near(context: Context, at: Any) -> str:
    return times.near(at, context["now"])


@pass_context
def _number(context: Context, value: Any) -> str:
    text: str = context["wording"].number(value)
    return text


@pass_context
def _nation_name(context: Context, code: str, registered: str) -> str:
    return nation_name(code, registered, context["wording"].language)


@pass_context
def _role_words(context: Context, roles: Iterable[str]) -> list[str]:
    return [context["wording"].t(f"frame.role.{role}") for role in roles]


@cache
def language_name(code: str) -> str:
    """A language in its own words."""
    return (Locale.parse(code).display_name or code).capitalize()


def icon(name: str, label: str = "") -> Markup:
    """An icon of the sprite: decoration beside words, or with a ``label`` of its own."""
    if label:
        return Markup('<svg class="icon" role="img" aria-label="{}"><use href="#i-{}"/></svg>').format(
            label, name
        )
    return Markup('<svg class="icon" aria-hidden="true" focusable="false"><use href="#i-{}"/></svg>').format(
        name
    )


@cache
def sprite() -> Markup:
    """Every icon as a symbol, once per page."""
    return Markup((HERE / "static" / "vendor" / "lucide" / "sprite.svg").read_text(encoding="utf-8"))  # noqa: S704 (our own file)
