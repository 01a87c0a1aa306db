"""One process for several nations' consoles, each under its own path: for exercises and tests, never live.

Each nation has a whole console, with its own sign-in, sessions and cookies; a browser may be signed in at
several side by side. Nothing passes between them. Where an agreement covers OPERATION, sign-in is refused.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from console import problems
from console.app import create_app, running
from console.console import Console
from console.own_files import own_files
from console.pages import render_alone
from console.security import Guard
from console.settings import ConsoleSettings
from schemas.header import Mode


def create_several(given: Sequence[ConsoleSettings]) -> FastAPI:
    """One app with a console for each of these. ValueError where one of them may show something live."""
    nations = [settings.nation for settings in given]
    if not given or len(set(nations)) != len(nations):
        raise ValueError("one console for several nations needs nations, each once")
    if any(settings.root_path for settings in given):
        raise ValueError(
            "one console for several nations has no root_path: each nation has a path of its own"
        )
    live = [settings.nation for settings in given if Mode.OPERATION in settings.modes]
    if live:
        raise ValueError(
            f"one console for several nations is refused where mode OPERATION is shown ({', '.join(live)}): "
            'set ENTENTE_CONSOLE_MODES to ["EXERCISE", "TEST"]'
        )
    apps = {
        settings.nation: create_app(settings.model_copy(update={"root_path": f"/{settings.nation.lower()}"}))
        for settings in given
    }
    consoles: list[Console] = [app.state.console for app in apps.values()]

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for console in consoles:
                console.shared = True
                await stack.enter_async_context(running(console))
            yield

    first = given[0]
    whole = FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan, redirect_slashes=False
    )
    whole.state.consoles = consoles

    @whole.get("/")
    async def choose(request: Request) -> Response:
        """Which nation's console it is to be."""
        wording = consoles[0].wordings.chosen("", request.headers.get("Accept-Language"))
        return HTMLResponse(render_alone("several/choose.html", wording, consoles=consoles))

    for nation, app in apps.items():
        whole.mount(f"/{nation.lower()}", app, name=nation)
    whole.mount("/static", own_files(), name="static")
    whole.add_middleware(
        Guard,
        max_body_bytes=first.max_body_bytes,
        body_seconds=first.body_timeout_seconds,
        over_tls=first.tls_certificate_file is not None or first.behind_tls_proxy,
        fault=problems.bare_fault,
    )
    return whole
