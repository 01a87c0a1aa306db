"""Settings of the identity provider: what contradicts itself or is not safe is refused at the start."""

from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from gateways.context import GatewayContext
from gateways.oidc.opening import oidc_sign_in_of
from gateways.oidc.settings import OidcSettings, allowed_hosts
from gateways.settings import Settings
from tests.gateway.operator_desk import NATION, REALM, open_desk
from tests.gateway.running import NO_BROKER
from tests.oidc.own_provider import BACK, CLIENT

GOOD: dict[str, Any] = {
    "oidc_issuer": "https://login.example/realms/navy",
    "oidc_client_id": CLIENT,
    "oidc_redirect_uris": f"{BACK} http://localhost:8070/back http://127.0.0.1/back http://[::1]:8070/back",
}

WRONG: list[tuple[str, dict[str, Any]]] = [
    ("an issuer in the clear", {"oidc_issuer": "http://login.example"}),
    ("an issuer in the clear on this machine", {"oidc_issuer": "http://localhost:3000"}),
    ("an issuer with parameters", {"oidc_issuer": "https://login.example/?tenant=1"}),
    ("an issuer with a fragment", {"oidc_issuer": "https://login.example/#"}),
    ("an issuer with a user", {"oidc_issuer": "https://a@login.example/"}),
    ("an issuer that is no address", {"oidc_issuer": "login.example"}),
    ("no client id", {"oidc_client_id": None}),
    ("a client id of two lines", {"oidc_client_id": "a\nb"}),
    ("nowhere to come back to", {"oidc_redirect_uris": ""}),
    ("back in the clear", {"oidc_redirect_uris": "http://console.example/back"}),
    ("back to a script", {"oidc_redirect_uris": "javascript:alert(1)"}),
    ("back to everywhere", {"oidc_redirect_uris": "https://*/back"}),
    ("too many ways back", {"oidc_redirect_uris": " ".join(f"{BACK}/{n}" for n in range(33))}),
    ("a shared secret's algorithm", {"oidc_algorithms": "RS256,HS256"}),
    ("no signature", {"oidc_algorithms": "none"}),
    ("no algorithm", {"oidc_algorithms": " , "}),
    ("no openid among the scopes", {"oidc_scopes": "profile email"}),
    ("a further host that is an address", {"oidc_further_hosts": "https://keys.example/"}),
    ("a further host that is everywhere", {"oidc_further_hosts": "*"}),
    ("no time", {"oidc_timeout_seconds": 0}),
]


def test_these_settings_are_good() -> None:
    settings = OidcSettings(**GOOD, oidc_further_hosts="keys.example, tokens.example:8443")
    assert allowed_hosts(settings) == {
        ("login.example", 443),
        ("keys.example", 443),
        ("tokens.example", 8443),
    }


@pytest.mark.parametrize("changes", [pytest.param(case[1], id=case[0]) for case in WRONG])
def test_no_unsafe_or_halved_settings_are_taken(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OidcSettings(**GOOD | changes)


@pytest.mark.parametrize(
    "given",
    [{"operator_passwords": False}, {"oidc_client_secret_file": "/secret"}, {"oidc_client_id": CLIENT}],
    ids=["without passwords nobody could sign in", "a secret of no client", "a client of no provider"],
)
def test_without_a_provider_nothing_of_one_is_taken(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OidcSettings(**given)


FILES: list[tuple[str, str, str | None]] = [
    ("a secret that is not there", "oidc_client_secret_file", None),
    ("an empty secret", "oidc_client_secret_file", "\n"),
    ("a secret of two lines", "oidc_client_secret_file", "two\nlines"),
    ("a long secret", "oidc_client_secret_file", "x" * 2000),
    ("authorities that are not there", "oidc_ca_file", None),
    ("authorities that are none", "oidc_ca_file", "nothing of the kind"),
]


@pytest.mark.parametrize(("name", "content"), [pytest.param(*case[1:], id=case[0]) for case in FILES])
async def test_a_gateway_does_not_start_without_what_it_was_told_of(
    tmp_path: Path, name: str, content: str | None
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_text(content)
    settings = Settings(
        nation=NATION,
        realm=REALM,
        state_dir=tmp_path,
        keys_file=tmp_path,
        trust_dir=tmp_path,
        nats_url=NO_BROKER,
        **GOOD | {name: file},
    )
    async with open_desk(tmp_path) as desk:
        with pytest.raises((OSError, ValueError)):
            await oidc_sign_in_of(settings, cast(GatewayContext, desk), desk.sessions)
