"""Signing in with a password, with the clock in hand: what is refused, what is delayed, what a hash costs."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bus.store import operators
from gateways.operators.attempts import PER_ADDRESS, PER_NAME
from gateways.operators.hashing import MOST_WAITING, Cost, HashingBusy
from gateways.operators.password_sign_in import PasswordUnsuitable, SignInDelayed, SignInRefused
from gateways.operators.sessions import Issued
from tests.gateway.operator_desk import HERE, PASSWORD, CountedHashing, Desk, alive, open_desk, signed_in
from tests.gateway.operator_desk import desk as desk

REFUSED: list[tuple[str, dict[str, object], str, str]] = [
    ("a wrong password", {}, "anna", "seven herons cross the fort"),
    ("an empty password", {}, "anna", ""),
    ("a name nobody has", {}, "berta", PASSWORD),
    ("a name in other letters", {}, "Anna", PASSWORD),
    ("a disabled operator", {"enabled": 0}, "anna", PASSWORD),
    ("an operator without a password", {"password_hash": None}, "anna", PASSWORD),
    ("an operator whose stored hash is damaged", {"password_hash": "$argon2id$v=19$m"}, "anna", PASSWORD),
    ("a one-time password whose time is over", {"one_time": 1, "password_until": 1}, "anna", PASSWORD),
]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "name", "password"), [pytest.param(*case[1:], id=case[0]) for case in REFUSED]
)
async def test_sign_in_is_refused_with_one_answer_after_the_same_work(
    desk: Desk, columns: dict[str, object], name: str, password: str
) -> None:
    for column, value in columns.items():
        await desk.change(f"UPDATE operator SET {column} = ?", value)
    before = len(desk.hashing.checked)
    with pytest.raises(SignInRefused) as refused:
        await signed_in(desk, name, password)
    assert str(refused.value) == "sign-in refused"
    assert len(desk.hashing.checked) == before + 1, "one hash is checked, whatever is wrong"
    assert await desk.store.read(
        lambda tx: tx.execute("SELECT count(*) FROM operator_session").fetchone()
    ) == (0,)


async def test_who_is_disabled_while_the_password_is_hashed_gets_no_session(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = desk.hashing.fits

    async def disabled_meanwhile(password: str, stored: str | None) -> bool:
        answer = await fits(password, stored)
        await desk.store.write(lambda tx: operators.set_enabled(tx, "anna", False))
        return answer

    monkeypatch.setattr(desk.hashing, "fits", disabled_meanwhile)
    with pytest.raises(SignInRefused):
        await signed_in(desk)


async def _sign_in(desk: Desk, before: Issued) -> None:
    await signed_in(desk)


async def _give_again(desk: Desk, before: Issued) -> None:
    await desk.sign_in.confirm(before.signed_in, PASSWORD)


async def _change(desk: Desk, before: Issued) -> None:
    await desk.sign_in.change(before.signed_in, PASSWORD, "two owls in a third tree")


@pytest.mark.parametrize("act", [_sign_in, _give_again, _change])
async def test_a_password_replaced_while_it_is_hashed_proves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, act: Callable[[Desk, Issued], Awaitable[None]]
) -> None:
    before = await signed_in(desk)
    other = desk.hashing.hash_now("nine cranes over the moor")
    fits = desk.hashing.fits

    async def replaced_meanwhile(password: str, stored: str | None) -> bool:
        answer = await fits(password, stored)
        await desk.store.write(lambda tx: operators.set_password(tx, "anna", other, desk.at))
        return answer

    monkeypatch.setattr(desk.hashing, "fits", replaced_meanwhile)
    with pytest.raises(SignInRefused):
        await act(desk, before)
    found = await desk.store.read(lambda tx: operators.find(tx, "anna"))
    assert found is not None
    assert found.password_hash == other
    assert await desk.events() == ["operator.signed-in"]


# -- passwords ----------------------------------------------------------------------------------------


async def test_replacing_the_password_needs_the_old_one_and_a_suitable_new_one(desk: Desk) -> None:
    issued = await signed_in(desk)
    with pytest.raises(SignInRefused):
        await desk.sign_in.change(issued.signed_in, "not the old password", "nine cranes over the moor")
    for new in ("short", PASSWORD, "anna crosses the ford", "a" * 40):
        with pytest.raises(PasswordUnsuitable):
            await desk.sign_in.change(issued.signed_in, PASSWORD, new)
    changed = await desk.sign_in.change(issued.signed_in, PASSWORD, "nine cranes over the moor")
    assert not await alive(desk, issued)
    assert await alive(desk, changed)
    with pytest.raises(SignInRefused):
        await signed_in(desk)
    assert await alive(desk, await signed_in(desk, password="nine cranes over the moor"))


async def test_one_text_written_in_two_ways_is_one_password(desk: Desk) -> None:
    await desk.add("zoe", password="pluie d’été sur la côte")
    await signed_in(desk, "zoe", "pluie d’e\u0301te\u0301 sur la co\u0302te")


async def test_a_hash_of_older_parameters_is_renewed_at_the_next_sign_in(tmp_path: Path) -> None:
    async with open_desk(tmp_path, CountedHashing(Cost(passes=1, memory_kib=64))) as desk:
        await desk.add()
    async with open_desk(tmp_path, CountedHashing(Cost(passes=2, memory_kib=128))) as desk:
        await signed_in(desk)
        renewed = await desk.store.read(lambda tx: operators.find(tx, "anna"))
        assert renewed is not None
        assert renewed.password_hash is not None
        assert "m=128,t=2" in renewed.password_hash
        hashed = desk.hashing.hashed
        await signed_in(desk)
        assert desk.hashing.hashed == hashed, "once is enough"


async def test_neither_password_nor_token_is_in_the_store_or_in_a_repr(desk: Desk) -> None:
    issued = await signed_in(desk)
    assert issued.access not in repr(issued)
    assert issued.refresh not in repr(issued)
    stored = b"".join(file.read_bytes() for file in desk.store.path.parent.iterdir())
    for secret in (PASSWORD, issued.access, issued.refresh, issued.access[4:], issued.refresh[4:]):
        assert secret.encode() not in stored


# -- delays -------------------------------------------------------------------------------------------


async def fail(desk: Desk, name: str, address: str = HERE) -> float:
    """A failed sign-in; how long it was told to wait, 0.0 when the password was looked at."""
    try:
        await desk.sign_in.sign_in(name, "a wrong password", address)
    except SignInDelayed as delayed:
        return delayed.seconds
    except SignInRefused:
        return 0.0
    raise AssertionError("signed in")


@pytest.mark.parametrize("name", ["anna", "nobody-here"], ids=["a name that is", "a name that is not"])
async def test_failures_make_the_next_try_wait_longer_and_longer(desk: Desk, name: str) -> None:
    assert [await fail(desk, name) for _ in range(PER_NAME.free)] == [0.0] * PER_NAME.free
    waits = []
    for _ in range(10):
        wait = await fail(desk, name)
        waits.append(wait)
        desk.pass_(seconds=wait)
        assert await fail(desk, name) == 0.0
    assert waits == [1, 2, 4, 8, 16, 32, 64, 120, 120, 120]


async def test_who_must_wait_is_not_looked_at_even_with_the_right_password(desk: Desk) -> None:
    for _ in range(PER_NAME.free):
        await fail(desk, "anna")
    checked = len(desk.hashing.checked)
    with pytest.raises(SignInDelayed):
        await signed_in(desk)
    assert len(desk.hashing.checked) == checked
    desk.pass_(seconds=1)
    await signed_in(desk)
    assert await fail(desk, "anna") == 0.0, "a success forgets the failures"


async def test_one_address_may_not_try_name_after_name(desk: Desk) -> None:
    for number in range(PER_ADDRESS.free):
        assert await fail(desk, f"name-{number}") == 0.0
    assert await fail(desk, "another") == 1.0
    assert await fail(desk, "another", "192.0.2.8") == 0.0, "another address is not affected"


async def test_strangers_failures_keep_nobody_who_is_signed_in_from_proving_it_again(desk: Desk) -> None:
    issued = await signed_in(desk)
    for number in range(PER_ADDRESS.free):
        await fail(desk, "anna" if number < PER_NAME.free else f"name-{number}")
    assert await fail(desk, "anna") > 0, "through the console they all share one address"
    await desk.sign_in.confirm(issued.signed_in, PASSWORD)
    for _ in range(PER_NAME.free):
        with pytest.raises(SignInRefused):
            await desk.sign_in.confirm(issued.signed_in, "a wrong password")
    with pytest.raises(SignInDelayed):
        await desk.sign_in.change(issued.signed_in, PASSWORD, "nine cranes over the moor")


async def test_an_address_of_version_6_counts_with_its_network(desk: Desk) -> None:
    for number in range(PER_ADDRESS.free):
        assert await fail(desk, f"name-{number}", f"2001:db8::{number:x}") == 0.0
    assert await fail(desk, "another", "2001:db8::ffff") == 1.0
    assert await fail(desk, "another", "2001:db8:0:1::1") == 0.0


async def test_successes_of_a_watch_behind_one_address_do_not_count_against_it(desk: Desk) -> None:
    for _ in range(PER_ADDRESS.free + 5):
        await signed_in(desk)
    assert await fail(desk, "anna") == 0.0


async def test_tries_at_once_count_before_they_are_answered(desk: Desk) -> None:
    outcomes = await asyncio.gather(*(fail(desk, "anna") for _ in range(PER_NAME.free + 3)))
    assert sum(wait > 0 for wait in outcomes) == 3


async def test_a_flood_of_sign_ins_waits_in_a_short_queue(desk: Desk) -> None:
    tries = [desk.sign_in.sign_in(f"name-{number}", "a wrong password", HERE) for number in range(40)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} <= {SignInRefused, HashingBusy}
    assert len(desk.hashing.checked) <= MOST_WAITING + 1 or any(
        isinstance(outcome, HashingBusy) for outcome in outcomes
    )
    assert sum(isinstance(outcome, HashingBusy) for outcome in outcomes) > 0
    await signed_in(desk)
