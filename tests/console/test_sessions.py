"""Sessions: no fixation, no life after sign-out, one refresh at a time, an end for who has gone away."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from console.console import Console
from console.gateway import GatewayLink, Refused, SeatGateway, SessionOver, Unreachable
from console.sessions import MOST_OF_ONE, IdleTooLong, Session, Sessions, Tokens
from console.settings import ConsoleSettings
from tests.console.conftest import Visit
from tests.console.realm import PASSWORD, ConsoleRealm
from tests.console.serving import ServedConsole, served_console
from tests.console.visiting import DOCUMENT, SCRIPT, Visitor

NAME = "__Host-entente-session-xaa"
OPERATOR: Mapping[str, Any] = {"name": "wanda", "token_until": "2099-01-01T00:00:00Z"}


def tokens(name: str, seconds: float = 600) -> Tokens:
    return Tokens(f"ena_{name}", f"enr_{name}", datetime.now(UTC) + timedelta(seconds=seconds))


def gateway(session: Session, answer: Callable[[httpx.Request], httpx.Response]) -> SeatGateway:
    """A seat at a gateway that this test plays."""
    link = GatewayLink("http://gateway.test")
    link._client = httpx.AsyncClient(base_url="http://gateway.test", transport=httpx.MockTransport(answer))
    return SeatGateway(link, session)


class PlayedGateway:
    """Gives the next pair of tokens for a refresh token, once; knows the newest access token only."""

    def __init__(self) -> None:
        self.refreshes: list[str] = []
        self.good = "ena_0"
        self.lifetime = timedelta(seconds=600)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/operators/refresh":
            given = request.read().decode()
            if given in self.refreshes:
                return httpx.Response(401, json={"code": "CREDENTIALS_INVALID"})
            self.refreshes.append(given)
            self.good = f"ena_{len(self.refreshes)}"
            until = (datetime.now(UTC) + self.lifetime).isoformat()
            operator = dict(OPERATOR) | {"token_until": until}
            refresh = f"enr_{len(self.refreshes)}"
            body = {"access_token": self.good, "refresh_token": refresh, "operator": operator}
            return httpx.Response(200, json=body)
        if request.headers["Authorization"] != f"Bearer {self.good}":
            return httpx.Response(401, json={"code": "CREDENTIALS_INVALID"})
        return httpx.Response(200, json={"fine": True})


async def test_many_calls_with_a_token_that_ends_refresh_it_once() -> None:
    played, session = PlayedGateway(), Session(tokens("0", seconds=5), OPERATOR)
    seat = gateway(session, played)
    answers = await asyncio.gather(*(seat.get("/v1/partners") for _ in range(20)))
    assert answers == [{"fine": True}] * 20
    assert len(played.refreshes) == 1
    assert session.tokens.access == "ena_1"


async def test_a_token_that_the_gateway_does_not_know_any_more_is_refreshed_once_for_all() -> None:
    played, session = PlayedGateway(), Session(tokens("old"), OPERATOR)
    seat = gateway(session, played)
    assert await asyncio.gather(*(seat.get("/v1/partners") for _ in range(10))) == [{"fine": True}] * 10
    assert len(played.refreshes) == 1


async def test_a_reader_who_leaves_in_the_middle_of_a_refresh_leaves_no_used_token_behind() -> None:
    played, session = PlayedGateway(), Session(tokens("0", seconds=5), OPERATOR)
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        begun.set()
        await go.wait()
        return played(request)

    seat = gateway(session, slow)  # type: ignore[arg-type]
    leaving = asyncio.create_task(seat.get("/v1/partners"))
    await begun.wait()
    leaving.cancel()
    staying = asyncio.create_task(seat.get("/v1/partners"))
    go.set()
    assert await staying == {"fine": True}
    assert len(played.refreshes) == 1


async def test_a_session_that_the_gateway_ended_is_over_and_what_it_refuses_otherwise_is_not() -> None:
    def ended(_: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"code": "CREDENTIALS_INVALID"})

    with pytest.raises(SessionOver):
        await gateway(Session(tokens("0"), OPERATOR), ended).get("/v1/partners")

    def refused(_: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={"code": "SCOPE_MISSING", "detail": "no"})

    with pytest.raises(Refused) as told:
        await gateway(Session(tokens("0"), OPERATOR), refused).get("/v1/partners")
    assert (told.value.status, told.value.code) == (403, "SCOPE_MISSING")

    def cut(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody")

    with pytest.raises(Unreachable):
        await gateway(Session(tokens("0"), OPERATOR), cut).get("/v1/partners")


@pytest.mark.parametrize("path", ["/v1/operators/fresh", "/v1/operators/oidc/fresh/finish"])
async def test_a_refresh_waits_for_a_person_who_is_being_confirmed(path: str) -> None:
    """Both replace the tokens: crossing, the later one would bring back tokens that serve no more."""
    session, begun, go, asked = Session(tokens("0"), OPERATOR), asyncio.Event(), asyncio.Event(), list[str]()

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        begun.set()
        await go.wait()
        until = (datetime.now(UTC) + timedelta(seconds=600)).isoformat()
        operator = dict(OPERATOR) | {"token_until": until}
        body = {"access_token": "ena_1", "refresh_token": "enr_1", "operator": operator}
        return httpx.Response(200, json=body)

    seat = gateway(session, answer)  # type: ignore[arg-type]
    confirm = seat.confirm_at_provider({"code": "c"}) if "oidc" in path else seat.confirm_password("word")
    confirming = asyncio.create_task(confirm)
    await begun.wait()
    session.tokens = tokens("0", seconds=5)
    calling = asyncio.create_task(seat.get("/v1/partners"))
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(confirming, calling)
    assert asked == [path, "/v1/partners"]
    assert session.tokens.access == "ena_1"


async def test_who_confirms_with_a_token_that_the_gateway_does_not_know_any_more_is_not_refused() -> None:
    played, session = PlayedGateway(), Session(tokens("old"), OPERATOR)

    def answer(request: httpx.Request) -> httpx.Response:
        told = played(request)
        body = {"access_token": "ena_fresh", "refresh_token": "enr_fresh", "operator": OPERATOR}
        fresh = request.url.path.endswith("/fresh") and told.is_success
        return httpx.Response(200, json=body) if fresh else told

    await gateway(session, answer).confirm_password("word")
    assert session.tokens.access == "ena_fresh"
    assert len(played.refreshes) == 1


@pytest.mark.parametrize("path", ["/v1/views/..", "/v1/views/.", "/v1/inbox/../acknowledgements?x=1"])
async def test_no_name_leads_to_another_address_of_the_gateway(path: str) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, json={})

    seat = gateway(Session(tokens("0"), OPERATOR), answer)
    for attempt in (seat.put(path, {}), seat.post(path), seat.delete(path), seat.get(path)):
        with pytest.raises(Refused) as no:
            await attempt
        assert no.value.status == 404
    with pytest.raises(Refused):
        async with seat.stream(path):
            pass
    assert asked == []
    await seat.get("/v1/views/a..b")
    assert asked == ["/v1/views/a..b"]


def test_whom_nobody_is_with_is_signed_out_and_the_oldest_goes_when_there_is_no_room() -> None:
    sessions = Sessions(idle_seconds=60, largest=2)
    first, one = sessions.begin(tokens("1"), OPERATOR)
    _, two = sessions.begin(tokens("2"), OPERATOR)
    one.last_active -= 30
    third, _ = sessions.begin(tokens("3"), OPERATOR)
    assert sessions.find(first) is None
    assert one.ended.is_set()
    assert not two.ended.is_set()
    found = sessions.find(third)
    assert found is not None
    found.last_active -= 61
    with pytest.raises(IdleTooLong):
        sessions.find(third)
    assert sessions.left_alone() == [found]
    assert sessions.find("anything else") is None


def test_who_signs_in_again_and_again_displaces_nobody_else() -> None:
    sessions = Sessions(idle_seconds=60, largest=MOST_OF_ONE + 2)
    cookie, other = sessions.begin(tokens("rolf"), dict(OPERATOR) | {"name": "rolf"})
    other.last_active -= 30
    begun = [sessions.begin(tokens(str(number)), OPERATOR)[1] for number in range(MOST_OF_ONE)]
    begun[0].last_active += 30  # the oldest goes, as at the gateway, though another was left alone longer
    begun += [sessions.begin(tokens(str(number)), OPERATOR)[1] for number in range(2 * MOST_OF_ONE)]
    assert sessions.find(cookie) is other
    assert not other.ended.is_set()
    assert [each.ended.is_set() for each in begun] == [True] * 2 * MOST_OF_ONE + [False] * MOST_OF_ONE
    assert sessions.displaced() == begun[: 2 * MOST_OF_ONE]
    assert sessions.displaced() == []


async def test_a_session_that_made_room_ends_at_the_gateway_too() -> None:
    console = Console.of(ConsoleSettings(nation="XAA", gateway_url="http://127.0.0.1:9"))
    signed_out: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/operators/revoke"
        assert "Authorization" not in request.headers, "an access token that ended would be refused"
        signed_out.append(json.loads(request.read())["refresh_token"])
        return httpx.Response(200, json={"ended": True})

    transport = httpx.MockTransport(answer)
    console.link._client = httpx.AsyncClient(base_url="http://gateway.test", transport=transport)
    for number in range(MOST_OF_ONE + 2):
        await console.begin_session(tokens(str(number)), OPERATOR)
    assert signed_out == ["enr_0", "enr_1"]
    await console.close()


async def test_who_signs_out_while_the_tokens_are_renewed_signs_out_with_the_new_ones() -> None:
    console = Console.of(ConsoleSettings(nation="XAA", gateway_url="http://127.0.0.1:9"))
    begun, go, given = asyncio.Event(), asyncio.Event(), list[tuple[str, str]]()
    played = PlayedGateway()

    async def answer(request: httpx.Request) -> httpx.Response:
        given.append((request.url.path.rpartition("/")[2], json.loads(request.read())["refresh_token"]))
        begun.set()
        await go.wait()
        return httpx.Response(200) if request.url.path.endswith("/revoke") else played(request)

    transport = httpx.MockTransport(answer)
    console.link._client = httpx.AsyncClient(base_url="http://gateway.test", transport=transport)
    _, session = console.sessions.begin(tokens("old", seconds=5), OPERATOR)
    calling = asyncio.create_task(session.tokens_for_call(SeatGateway(console.link, session)._refresh))
    await begun.wait()
    leaving = asyncio.create_task(console.sign_out(session))
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(leaving, calling)
    assert given == [("refresh", "enr_old"), ("revoke", "enr_1")]
    await console.close()


def test_a_sign_in_takes_no_identifier_that_the_browser_brought(visit: Visit) -> None:
    visitor = visit(None)
    visitor.cookies[NAME] = "chosen-by-somebody-else"
    visitor.sign_in("wanda")
    first = visitor.cookies[NAME]
    assert first != "chosen-by-somebody-else"
    visitor.get("/sign-in")
    visitor.post("/sign-in", {"name": "wanda", "password": PASSWORD})
    assert visitor.cookies[NAME] != first
    stolen = Visitor(visitor.console, {NAME: first})
    assert stolen.get("/settings").status_code == 303, "the session before has ended"
    stolen.close()


def test_the_cookie_is_for_our_host_alone_over_tls_alone_and_for_no_script(visit: Visit) -> None:
    visitor = visit(None)
    visitor.get("/sign-in")
    answer = visitor.post("/sign-in", {"name": "wanda", "password": PASSWORD})
    (line,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith(NAME)]
    parts = {part.strip().lower() for part in line.split(";")[1:]}
    assert {"path=/", "secure", "httponly", "samesite=strict"} <= parts
    assert not any(part.startswith(("domain", "max-age", "expires")) for part in parts)


def test_a_stolen_cookie_is_worth_nothing_after_sign_out(
    visit: Visit, realm: ConsoleRealm, console: ServedConsole
) -> None:
    visitor = visit("wanda", own=True)
    stolen = Visitor(visitor.console, visitor.cookies)
    assert stolen.get("/settings").status_code == 200
    session = console.app.state.console.sessions.find(visitor.cookies[NAME])
    access = session.tokens.access
    visitor.get("/settings")
    assert visitor.post("/sign-out").status_code == 303
    assert stolen.get("/settings").status_code == 303
    assert stolen.fetch("/traffic/stream").status_code == 401
    answer = httpx.get(
        f"{realm.url('XAA')}/v1/partners", headers={"Authorization": f"Bearer {access}"}, trust_env=False
    )
    assert answer.status_code == 401, "the gateway's session has ended, too"
    stolen.close()


def test_whoever_only_looks_is_signed_out_and_told_why(visit: Visit, console: ServedConsole) -> None:
    """What scripts fetch by themselves keeps nobody signed in."""
    visitor = visit("wanda", own=True)
    session = console.app.state.console.sessions.find(visitor.cookies[NAME])
    session.last_active -= 29 * 60
    noted = session.last_active
    assert visitor.fetch("/traffic/rows").status_code == 200
    assert visitor.fetch("/settings").status_code == 200
    assert session.last_active == noted
    answer = visitor.request("POST", "/session/active", headers=SCRIPT | {"X-CSRF-Token": visitor.csrf})
    assert answer.status_code == 200
    assert session.last_active > noted
    session.last_active -= 31 * 60
    answer = visitor.request("GET", "/settings", headers=DOCUMENT)
    assert answer.headers["location"] == "/sign-in?why=idle&next=%2Fsettings"
    assert session.ended.is_set()


def test_open_streams_end_when_the_console_stops(realm: ConsoleRealm) -> None:
    """The console is given a minute for requests in progress: it ends at once because the stream does."""
    with served_console(realm, "XAA", shutdown_seconds=60) as served:
        visitor = Visitor(served).sign_in("wanda")
        cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
        with httpx.stream(
            "GET",
            f"{served.url}/traffic/stream",
            headers=SCRIPT | {"Cookie": cookie},
            trust_env=False,
            timeout=30,
        ) as stream:
            assert stream.status_code == 200
            lines = stream.iter_lines()
            next(lines)
            served.stop()
            for _ in lines:
                pass
        assert served.app.state.console.streams.total() == 0
        visitor.close()
