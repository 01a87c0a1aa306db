"""Operators' sessions with the clock in hand: what ends them, and what each of their tokens is worth."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bus.store import operator_sessions
from bus.store.operator_sessions import TokenUse
from gateways.operators import sessions as sessions_module
from gateways.operators.password_sign_in import SignInRefused
from gateways.operators.sessions import MOST_SESSIONS, Issued, SessionEnded
from gateways.operators.tokens import new_token
from schemas.operator import Role
from tests.gateway.operator_desk import PASSWORD, Desk, alive, open_desk, signed_in
from tests.gateway.operator_desk import desk as desk


async def test_the_right_password_starts_a_session_that_says_whose_it_is(desk: Desk) -> None:
    issued = await signed_in(desk)
    found = await desk.sessions.of_access_token(issued.access)
    assert (found.operator.name, set(found.operator.roles)) == ("anna", {Role.WATCH_OFFICER})
    assert found.fresh_at == desk.at
    assert await desk.events() == ["operator.signed-in"]


async def _disable(desk: Desk, issued: Issued) -> None:
    await desk.change("UPDATE operator SET enabled = 0")


async def _sign_out(desk: Desk, issued: Issued) -> None:
    await desk.sessions.end(issued.signed_in)


async def _later(desk: Desk, issued: Issued) -> None:
    desk.pass_(minutes=10)


async def _elsewhere(desk: Desk, issued: Issued) -> None:
    for _ in range(MOST_SESSIONS):
        desk.pass_(seconds=1)
        await signed_in(desk)


async def _password(desk: Desk, issued: Issued) -> None:
    other = await signed_in(desk)
    await desk.sign_in.change(other.signed_in, PASSWORD, "nine cranes over the moor")


ENDS: list[tuple[str, Callable[[Desk, Issued], Awaitable[None]]]] = [
    ("its operator is disabled", _disable),
    ("it was signed out", _sign_out),
    ("its ten minutes are over", _later),
    ("its operator began more sessions than one may have", _elsewhere),
    ("the password was replaced in another session", _password),
]


@pytest.mark.parametrize("what", [pytest.param(case[1], id=case[0]) for case in ENDS])
async def test_an_access_token_is_worth_nothing_once(
    desk: Desk, what: Callable[[Desk, Issued], Awaitable[None]]
) -> None:
    issued = await signed_in(desk)
    assert await alive(desk, issued)
    await what(desk, issued)
    assert not await alive(desk, issued)


@pytest.mark.parametrize(
    "what", [pytest.param(case[1], id=case[0]) for case in ENDS if case[1] is not _later]
)
async def test_a_refresh_token_is_worth_nothing_once(
    desk: Desk, what: Callable[[Desk, Issued], Awaitable[None]]
) -> None:
    issued = await signed_in(desk)
    await what(desk, issued)
    with pytest.raises(SessionEnded):
        await desk.sessions.refresh(issued.refresh)


async def test_a_session_that_nobody_uses_is_over(desk: Desk) -> None:
    issued = await signed_in(desk)
    desk.pass_(minutes=30)
    with pytest.raises(SessionEnded):
        await desk.sessions.refresh(issued.refresh)


async def test_a_session_that_is_used_goes_on_until_its_longest_time(desk: Desk) -> None:
    issued = await signed_in(desk)
    for _ in range(12 * 6 - 1):
        desk.pass_(minutes=10)
        issued = await desk.sessions.refresh(issued.refresh)
        assert await alive(desk, issued)
    desk.pass_(minutes=10)
    assert not await alive(desk, issued)
    with pytest.raises(SessionEnded):
        await desk.sessions.refresh(issued.refresh)


async def test_requests_alone_keep_a_session_from_being_idle(desk: Desk) -> None:
    issued = await signed_in(desk)
    desk.pass_(minutes=9)
    assert await alive(desk, issued)
    desk.pass_(minutes=25)
    await desk.sessions.refresh(issued.refresh)


async def test_a_refresh_token_is_good_once_and_a_second_use_ends_the_session(desk: Desk) -> None:
    first = await signed_in(desk)
    second = await desk.sessions.refresh(first.refresh)
    assert await alive(desk, second)
    with pytest.raises(SessionEnded):
        await desk.sessions.refresh(first.refresh)
    assert not await alive(desk, second)
    assert await desk.events() == ["operator.signed-in", "operator.token-reused"]


async def test_two_refreshes_at_once_do_not_make_two_sessions(desk: Desk) -> None:
    first = await signed_in(desk)
    outcomes = await asyncio.gather(
        *(desk.sessions.refresh(first.refresh) for _ in range(2)), return_exceptions=True
    )
    # Which of the two comes first is not said.
    (issued,) = [outcome for outcome in outcomes if isinstance(outcome, Issued)]
    assert [type(outcome) for outcome in outcomes if outcome is not issued] == [SessionEnded]
    assert not await alive(desk, issued)


async def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(desk: Desk) -> None:
    issued = await signed_in(desk)
    with pytest.raises(SessionEnded):
        await desk.sessions.refresh(issued.access)
    with pytest.raises(SessionEnded):
        await desk.sessions.of_access_token(issued.refresh)
    with pytest.raises(SessionEnded):
        await desk.sessions.refresh("enr_" + issued.access[4:])
    with pytest.raises(SessionEnded):
        await desk.sessions.of_access_token("ena_" + issued.refresh[4:])
    assert await alive(desk, issued)


async def test_a_guessed_refresh_token_makes_the_disk_do_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(job: object) -> None:
        pytest.fail("a guess was brought before the writer")

    monkeypatch.setattr(desk.store, "write", written)
    with pytest.raises(SessionEnded):
        await desk.sessions.refresh(new_token(TokenUse.REFRESH, os.urandom))
    assert not await desk.sessions.end_by_refresh_token(new_token(TokenUse.REFRESH, os.urandom))


async def test_a_file_goes_on_without_its_token_until_its_session_ends(desk: Desk) -> None:
    issued = await signed_in(desk)
    desk.pass_(minutes=15)
    assert not await alive(desk, issued)
    await desk.change("UPDATE operator SET roles = ?", '["auditor"]')
    now = await desk.sessions.as_of_now(issued.signed_in)
    assert now.operator.roles == {Role.AUDITOR}, "the roles of now, not of then"
    desk.pass_(minutes=15)
    with pytest.raises(SessionEnded):  # the file was no use of the session
        await desk.sessions.as_of_now(issued.signed_in)


@pytest.mark.parametrize(
    "what", [pytest.param(case[1], id=case[0]) for case in ENDS if case[1] is not _later]
)
async def test_a_file_ends_once(desk: Desk, what: Callable[[Desk, Issued], Awaitable[None]]) -> None:
    issued = await signed_in(desk)
    await what(desk, issued)
    with pytest.raises(SessionEnded):
        await desk.sessions.as_of_now(issued.signed_in)


@pytest.mark.parametrize("minutes", [0, 11, 31, 13 * 60])
async def test_whoever_leaves_ends_the_session_however_long_the_access_token_is_over(
    desk: Desk, minutes: int
) -> None:
    issued, other = await signed_in(desk), await signed_in(desk)
    desk.pass_(minutes=minutes)
    assert await desk.sessions.end_by_refresh_token(issued.refresh)
    assert not await desk.sessions.end_by_refresh_token(issued.refresh)
    with pytest.raises(SessionEnded):
        await desk.sessions.refresh(issued.refresh)
    assert await alive(desk, other) == (minutes == 0)
    assert (await desk.events())[2:] == ["operator.signed-out"]


async def test_a_copy_of_a_spent_refresh_token_ends_the_session_and_no_other_token_does(desk: Desk) -> None:
    first = await signed_in(desk)
    second = await desk.sessions.refresh(first.refresh)
    for worthless in (second.access, "enr_" + second.access[4:], new_token(TokenUse.REFRESH, os.urandom), ""):
        assert not await desk.sessions.end_by_refresh_token(worthless)
    assert await alive(desk, second)
    assert await desk.sessions.end_by_refresh_token(first.refresh)
    assert not await alive(desk, second)


async def test_a_token_of_another_gateway_is_unknown(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    async with open_desk(tmp_path / "other") as other:
        await other.add()
        issued = await signed_in(other)
        assert await alive(other, issued)
        assert not await alive(desk, issued)


async def test_signing_in_again_makes_a_session_of_its_own(desk: Desk) -> None:
    first, second = await signed_in(desk), await signed_in(desk)
    assert first.signed_in.session_id != second.signed_in.session_id
    assert len({first.access, second.access, first.refresh, second.refresh}) == 4
    await desk.sessions.end(first.signed_in)
    assert await alive(desk, second)


async def test_only_the_new_tokens_are_fresh_after_the_password_was_given_again(desk: Desk) -> None:
    first = await signed_in(desk)
    began = desk.at
    desk.pass_(minutes=9)
    second = await desk.sign_in.confirm(first.signed_in, PASSWORD)
    assert (await desk.sessions.of_access_token(second.access)).fresh_at == desk.at
    assert (await desk.sessions.of_access_token(first.access)).fresh_at == began
    confirmed = desk.at
    desk.pass_(minutes=5)
    third = await desk.sessions.refresh(second.refresh)
    assert third.signed_in.fresh_at == confirmed, "a refresh proves nothing anew"
    with pytest.raises(SessionEnded):
        await desk.sessions.refresh(first.refresh)


async def test_confirming_needs_the_password_and_the_session(desk: Desk) -> None:
    issued = await signed_in(desk)
    with pytest.raises(SignInRefused):
        await desk.sign_in.confirm(issued.signed_in, "something else altogether")
    await desk.sessions.end(issued.signed_in)
    with pytest.raises(SessionEnded):
        await desk.sign_in.confirm(issued.signed_in, PASSWORD)


async def test_a_session_is_not_renewed_without_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions_module, "MOST_TOKENS", 10)
    issued = await signed_in(desk)
    for _ in range(4):
        issued = await desk.sessions.refresh(issued.refresh)
    with pytest.raises(SessionEnded):
        await desk.sessions.refresh(issued.refresh)
    kept = await desk.store.read(lambda tx: operator_sessions.count_tokens(tx, issued.signed_in.session_id))
    assert kept == 10
