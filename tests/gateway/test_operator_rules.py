"""Passwords, roles and delays as pure rules."""

import os
import unicodedata
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.store.operator_sessions import TokenUse
from bus.store.operators import Operator
from gateways.http.api_keys import Scope, new_api_key
from gateways.http.caller import of_key, of_operator, require_fresh
from gateways.http.problems import ApiRefused
from gateways.operators.attempts import Attempts, Patience, address_key
from gateways.operators.passwords import LONGEST, SHORTEST, fault_of, normal, one_time_password
from gateways.operators.roles import (
    ROLE_MAY,
    SEES_CONTENT,
    OperatorRight,
    conflict,
    modes_of,
    rights_of,
    sees_content,
)
from gateways.operators.sessions import SignedIn
from gateways.operators.tokens import is_token, new_token, token_hash
from schemas.header import Mode
from schemas.operator import Role
from tests.gateway.operator_desk import START


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        pytest.param("seven herons cross", None, id="words will do"),
        pytest.param("Ω" * 5 + "αβγδεζηθικ", None, id="any script will do"),
        pytest.param("fourteen chars", "15 to 128", id="too short"),
        pytest.param("seven herons " * 10, "15 to 128", id="too long"),
        pytest.param("e\u0301" * 14, "15 to 128", id="too short once composed"),
        pytest.param("ababababababababab", "repeats", id="few letters"),
        pytest.param("herons herons herons", "repeats", id="one word again and again"),
        pytest.param("i am ANNA of the watch", "name", id="the name in it"),
        pytest.param("seven\x00herons cross", "control", id="a control character"),
        pytest.param("seven\nherons cross", "control", id="a line break"),
    ],
)
def test_what_a_password_may_be(password: str, fault: str | None) -> None:
    found = fault_of(password, "anna")
    assert (found is None) if fault is None else (found is not None and fault in found)


@given(st.text(max_size=200))
def test_a_fault_quotes_nothing_and_depends_on_the_normal_form_only(password: str) -> None:
    fault = fault_of(password, "somebody")
    assert fault == fault_of(normal(password), "somebody")
    assert normal(normal(password)) == normal(password)
    if fault is None:
        assert SHORTEST <= len(normal(password)) <= LONGEST
        assert unicodedata.is_normalized("NFC", normal(password))


@given(st.binary(min_size=0, max_size=32), st.integers(0, 255))
def test_a_one_time_password_is_made_of_random_letters(seed: bytes, step: int) -> None:
    calls = iter(range(10_000))

    def randomness(count: int) -> bytes:
        number = next(calls)
        return bytes((byte + number) % 256 for byte in (seed + bytes(range(256)))[:count])

    made = one_time_password(randomness)
    assert [len(group) for group in made.split("-")] == [4] * 5
    assert not set(made) & set("01ilo")


def test_every_role_has_a_row_and_every_right_an_owner_or_a_reason() -> None:
    assert set(ROLE_MAY) == set(Role)
    given_out = set().union(*ROLE_MAY.values()) | {OperatorRight.OWN_ACCOUNT}
    assert given_out == {*Scope, *OperatorRight}, "decide which role may do what is new"


def test_no_right_of_operators_is_a_scope_of_keys() -> None:
    assert not {right.value for right in OperatorRight} & {scope.value for scope in Scope}


def test_an_api_key_has_no_right_of_operators_whatever_its_row_says() -> None:
    _, key = new_api_key("test", [Scope.INBOX_READ], created_at=START, randomness=os.urandom)
    caller = of_key(replace(key, scopes=(*key.scopes, *(right.value for right in OperatorRight))))
    assert caller.rights == frozenset({Scope.INBOX_READ.value})
    assert not caller.shows_display_only


def test_an_act_that_asks_for_a_recent_password_takes_no_other() -> None:
    _, key = new_api_key("test", list(Scope), created_at=START, randomness=os.urandom)
    with pytest.raises(ApiRefused, match="OPERATOR_ONLY"):
        require_fresh(of_key(key), timedelta(minutes=5), START)
    operator = Operator("anna", "Anna", frozenset({Role.RELEASER}), True, START)
    caller = of_operator(SignedIn(operator, "ab" * 16, "password", START, START, START, "hash"))
    assert caller.shows_display_only
    assert require_fresh(caller, timedelta(minutes=5), START + timedelta(minutes=5)) is caller.signed_in
    with pytest.raises(ApiRefused, match="SIGN_IN_NOT_FRESH"):
        require_fresh(caller, timedelta(minutes=5), START + timedelta(minutes=5, seconds=1))


def test_no_role_means_nothing_but_ones_own_account() -> None:
    assert rights_of([]) == {OperatorRight.OWN_ACCOUNT}
    assert not sees_content([])
    assert modes_of([]) == frozenset()


def test_an_auditor_changes_nothing_and_sees_no_content() -> None:
    assert not {right for right in rights_of([Role.AUDITOR]) if not right.endswith((":read", "own-account"))}
    assert not sees_content([Role.AUDITOR])
    assert set(Role) - {Role.AUDITOR} == SEES_CONTENT


def test_exercise_staff_is_never_live() -> None:
    assert modes_of([Role.EXERCISE_STAFF]) == frozenset({Mode.EXERCISE, Mode.TEST})
    assert modes_of([Role.EXERCISE_STAFF, Role.WATCH_OFFICER]) is None


@pytest.mark.parametrize("count", range(1, len(Role) + 1))
def test_an_auditor_is_nothing_else(count: int) -> None:
    for roles in combinations(Role, count):
        assert (conflict(roles) is not None) == (Role.AUDITOR in roles and count > 1)


def test_an_operator_without_a_role_is_no_operator() -> None:
    assert conflict([]) is not None


@pytest.mark.parametrize("use", list(TokenUse))
def test_a_token_has_its_shape_and_no_other(use: TokenUse) -> None:
    text = new_token(use, lambda count: bytes(range(count)))
    assert is_token(text, use)
    assert not any(is_token(text, other) for other in TokenUse if other is not use)
    for wrong in ("", text[:-1], text + "A", text.upper(), text + "\n", " " + text, text[:-1] + "é"):
        assert not is_token(wrong, use)
    assert len(token_hash(text)) == 64


QUICK = Patience(free=2, ceiling=8.0, memory=100.0)


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 50), st.booleans()), max_size=60))
def test_delays_stay_within_the_ceiling_and_the_table_within_its_size(
    tries: list[tuple[int, float, bool]],
) -> None:
    attempts, at = Attempts(QUICK, most=3), 0.0
    for key, passed, success in tries:
        at += passed
        wait = attempts.wait(key, at)
        assert 0.0 <= wait <= QUICK.ceiling
        if wait:
            continue
        attempts.begin(key, at)
        if success:
            attempts.forget(key)
            assert attempts.wait(key, at) == 0.0
        assert len(attempts) <= 3


def test_what_failed_long_ago_is_forgotten() -> None:
    attempts = Attempts(QUICK)
    for _ in range(3):
        attempts.begin("anna", 0.0)
    assert attempts.wait("anna", 0.0) == 2.0
    attempts.begin("anna", 100.0)
    assert attempts.wait("anna", 100.0) == 0.0


def test_who_succeeds_does_not_wait_for_the_failures_before_but_they_still_count() -> None:
    attempts = Attempts(QUICK)
    for _ in range(3):
        attempts.begin("the watch", 0.0)
    attempts.forgive("the watch")
    assert attempts.wait("the watch", 0.0) == 0.0
    attempts.begin("the watch", 0.0)
    assert attempts.wait("the watch", 0.0) == 2.0


def test_when_the_table_is_full_the_oldest_failure_makes_room() -> None:
    attempts = Attempts(QUICK, most=2)
    for key in ("a", "b", "b", "a", "c"):
        attempts.begin(key, 0.0)
    assert attempts.wait("a", 0.0) == 1.0
    assert attempts.wait("b", 0.0) == 0.0


def test_addresses_that_one_client_can_change_are_one() -> None:
    assert address_key("2001:db8::1") == address_key("2001:db8::ffff:1")
    assert address_key("2001:db8::1") != address_key("2001:db8:0:1::1")
    assert address_key("192.0.2.1") != address_key("192.0.2.2")
    assert address_key(None) == address_key(None)
