"""`entente operator identity`: whom the identity provider's word makes an operator."""

import pytest

from entente.terminal import CommandFailed
from schemas.audit import AuditEvent
from tests.cli.test_operator import Place
from tests.cli.test_operator import costly_place as costly_place
from tests.cli.test_operator import keys as keys
from tests.cli.test_operator import place as place

ISSUER = "https://login.example"
LINKED = "SELECT operator, issuer, claim, value FROM operator_identity"


def identity(place: Place, name: str, *arguments: str) -> str:
    return place.operator("identity", name, *arguments)


def test_an_identity_stands_for_one_operator_until_it_is_removed(place: Place) -> None:
    place.operator("add", "anna", "--role", "watch_officer", "--no-password")
    assert place.listed()["anna"]["password"] == "none"
    identity(place, "anna", "--issuer", ISSUER, "--value", "1234")
    assert place.query(LINKED) == [("anna", ISSUER, "sub", "1234")]
    assert place.listed()["anna"]["identity"] == {"issuer": ISSUER, "claim": "sub", "value": "1234"}
    assert "sub 1234" in place.operator("list")
    identity(place, "anna", "--issuer", ISSUER, "--value", "a@b.example", "--claim", "email")
    assert place.query(LINKED) == [("anna", ISSUER, "email", "a@b.example")]
    identity(place, "anna", "--remove")
    assert place.query(LINKED) == []
    events = [record.event for record in place.records()][-3:]
    linked, unlinked = AuditEvent.OPERATOR_IDENTITY_LINKED, AuditEvent.OPERATOR_IDENTITY_UNLINKED
    assert events == [linked, linked, unlinked]
    assert {record.operator for record in place.records()} == {"anna"}
    assert "1234" not in "".join(record.model_dump_json() for record in place.records())


def test_every_session_ends_with_a_change_of_identity(place: Place) -> None:
    place.operator("add", "anna", "--role", "watch_officer", "--no-password")
    for arguments in (("--issuer", ISSUER, "--value", "1234"), ("--remove",)):
        place.query("INSERT INTO operator_session VALUES ('ab', 'anna', 'oidc', 1, 1, 9999999999999999)")
        identity(place, "anna", *arguments)
        assert place.query("SELECT * FROM operator_session") == []


def test_issuer_and_claim_are_those_that_the_gateway_is_given(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.operator("add", "anna", "--role", "watch_officer", "--no-password")
    monkeypatch.setenv("ENTENTE_GATEWAY_OIDC_ISSUER", ISSUER)
    monkeypatch.setenv("ENTENTE_GATEWAY_OIDC_OPERATOR_CLAIM", "upn")
    identity(place, "anna", "--value", "anna@navy.example")
    assert place.query(LINKED) == [("anna", ISSUER, "upn", "anna@navy.example")]


REFUSED: list[tuple[str, tuple[str, ...], str]] = [
    ("neither a value nor a removal", ("anna", "--issuer", ISSUER), "give --value, or --remove"),
    ("both", ("anna", "--issuer", ISSUER, "--value", "1", "--remove"), "give --value, or --remove"),
    ("no issuer", ("anna", "--value", "1"), "give --issuer"),
    ("an issuer in the clear", ("anna", "--issuer", "http://login.example", "--value", "1"), "give --issuer"),
    ("an empty value", ("anna", "--issuer", ISSUER, "--value", ""), "printable characters"),
    ("a value of two lines", ("anna", "--issuer", ISSUER, "--value", "1\n2"), "printable characters"),
    ("nobody here", ("nobody", "--issuer", ISSUER, "--value", "1"), "no operator nobody"),
    ("another operator's", ("anna", "--issuer", ISSUER, "--value", "5678"), "stands for operator berta"),
    ("nothing to remove", ("anna", "--remove"), "no identity stands for operator anna"),
]


@pytest.mark.parametrize(("arguments", "words"), [pytest.param(*case[1:], id=case[0]) for case in REFUSED])
def test_what_would_be_no_identity_is_refused(place: Place, arguments: tuple[str, ...], words: str) -> None:
    for name in ("anna", "berta"):
        place.operator("add", name, "--role", "watch_officer", "--no-password")
    identity(place, "berta", "--issuer", ISSUER, "--value", "5678")
    with pytest.raises(CommandFailed, match=words):
        identity(place, *arguments)
    assert place.query(LINKED) == [("berta", ISSUER, "sub", "5678")]


def test_without_a_password_none_is_given(place: Place) -> None:
    with pytest.raises(CommandFailed, match="no password to give"):
        place.operator("add", "anna", "--role", "auditor", "--no-password", "--one-time")
