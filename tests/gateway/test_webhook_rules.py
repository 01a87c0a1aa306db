"""Who may register and keep webhooks, and which: through HTTP."""

import re
from typing import Any

import pytest

from gateways.http.api_keys import Scope
from gateways.http.routes import webhooks as routes
from schemas.operator import Role
from tests.gateway.hook_receiver import (
    FOLLOWS,
    HookReceiver,
    happen,
    posted,
    register,
    told_of,
)
from tests.gateway.operator_desk import hire, sign_in
from tests.gateway.running import Gateway, assert_problem

Json = dict[str, Any]


URLS = {
    "in the clear": "http://hooks.example/",
    "loopback": "https://127.0.0.1/",
    "IPv6 loopback": "https://[::1]:8443/",
    "a cloud's metadata": "https://169.254.169.254/latest",
    "mapped": "https://[::ffff:10.0.0.1]/",
    "a user": "https://user@hooks.example/",
    "another scheme": "ftp://hooks.example/",
    "nothing": "",
}


@pytest.mark.parametrize("url", URLS.values(), ids=URLS.keys())
def test_an_address_that_policy_does_not_open_is_refused(xaa: Gateway, url: str) -> None:
    answer = xaa.post("/v1/webhooks", {"url": url})
    problem = assert_problem(answer, 422, "WEBHOOK_URL_REFUSED", "/url")
    assert not url or url not in answer.text
    assert "docs/webhooks.md" in problem["what_to_do"]
    assert xaa.get("/v1/webhooks").json() == {"items": []}


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"types": ["message.read-by-us"]}, id="an unknown type"),
        pytest.param({"kinds": []}, id="no kind"),
        pytest.param({"secret": "whsec_AAAA"}, id="a secret of its own"),
        pytest.param({"key_id": "x"}, id="what is no key"),
        pytest.param({"position": 0}, id="what is ours to say"),
    ],
)
def test_a_request_with_something_else_in_it_is_refused(xbb: Gateway, more: Json) -> None:
    assert_problem(xbb.post("/v1/webhooks", {"url": "https://8.8.8.8/"} | more), 422, "SCHEMA_INVALID")


def test_the_secret_is_shown_once_and_written_nowhere(xbb: Gateway, receiver: HookReceiver, key: str) -> None:
    position = xbb.audit_position()
    made = register(xbb, receiver, key)
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", made["secret"])
    path = f"/v1/webhooks/{made['webhook_id']}"
    [listed] = xbb.get("/v1/webhooks", key).json()["items"]
    shown = xbb.get(path, key).json()
    for seen in (listed, shown):
        assert "secret" not in seen
        assert seen["url"] == receiver.url
    assert told_of(xbb, made, position) == ["webhook.added"]
    assert made["secret"].removeprefix("whsec_") not in str(xbb.audit(position))
    assert receiver.url not in str(xbb.audit(position))


def test_a_key_sees_and_changes_its_own_webhooks_only(xbb: Gateway, receiver: HookReceiver, key: str) -> None:
    made = register(xbb, receiver, key)
    stranger = xbb.new_key(FOLLOWS)
    path = f"/v1/webhooks/{made['webhook_id']}"
    assert xbb.get("/v1/webhooks", stranger).json() == {"items": []}
    assert_problem(xbb.get(path, stranger), 404, "NOT_FOUND")
    assert_problem(xbb.get(f"{path}/dead-letters", stranger), 404, "NOT_FOUND")
    for act in ("secret", "enable", "dead-letters/1/retry"):
        assert_problem(xbb.post(f"{path}/{act}", b"", stranger), 404, "NOT_FOUND")
    assert_problem(xbb.post(f"{path}/replay", {"after": 0}, stranger), 404, "NOT_FOUND")
    for gone in (path, f"{path}/dead-letters/1"):
        answer = xbb.client.delete(gone, headers={"Authorization": f"Bearer {stranger}"})
        assert_problem(answer, 404, "NOT_FOUND")
    assert xbb.get(path, key).status_code == 200
    reader = xbb.new_key([scope for scope in Scope if scope is not Scope.WEBHOOKS_WRITE])
    for answer in (xbb.get("/v1/webhooks", reader), xbb.post("/v1/webhooks", {"url": "https://x"}, reader)):
        assert_problem(answer, 403, "SCOPE_MISSING")


def test_a_webhook_belongs_to_a_key_that_may_read_events(xbb: Gateway, key: str) -> None:
    other = xbb.new_key(FOLLOWS)
    request = {"url": "https://8.8.8.8/"}
    named = request | {"key_id": other.split("_")[1]}
    assert_problem(xbb.post("/v1/webhooks", named, key), 422, "WEBHOOK_KEY_UNSUITABLE", "/key_id")
    blind = xbb.new_key([Scope.WEBHOOKS_WRITE])
    assert_problem(xbb.post("/v1/webhooks", request, blind), 422, "WEBHOOK_KEY_UNSUITABLE")


def test_security_officers_keep_webhooks_for_keys_and_nobody_else_does(
    xbb: Gateway, receiver: HookReceiver, key: str
) -> None:
    hire(xbb, "hook-officer", Role.SECURITY_OFFICER)
    officer = sign_in(xbb, "hook-officer")["access_token"]
    key_id = key.split("_")[1]
    assert_problem(xbb.post("/v1/webhooks", {"url": receiver.url}, officer), 422, "WEBHOOK_KEY_UNSUITABLE")
    unknown = {"url": receiver.url, "key_id": "0" * 16}
    assert_problem(xbb.post("/v1/webhooks", unknown, officer), 422, "WEBHOOK_KEY_UNSUITABLE")
    made = register(xbb, receiver, officer, key_id=key_id)
    assert (made["key_id"], made["created_by"]) == (key_id, "operator:hook-officer")
    assert made["webhook_id"] in {
        each["webhook_id"] for each in xbb.get("/v1/webhooks", officer).json()["items"]
    }
    [number] = happen(xbb)
    posted(receiver, [number])
    for number, role in enumerate(set(Role) - {Role.SECURITY_OFFICER}):
        hire(xbb, f"no-hooks-{number}", role)
        token = sign_in(xbb, f"no-hooks-{number}")["access_token"]
        assert_problem(xbb.get("/v1/webhooks", token), 403, "ROLE_MISSING")
        assert_problem(xbb.post("/v1/webhooks", unknown, token), 403, "ROLE_MISSING")


def test_a_key_has_no_more_webhooks_than_it_may(xbb: Gateway, key: str) -> None:
    for _ in range(routes.PER_KEY):
        assert xbb.post("/v1/webhooks", {"url": "https://8.8.8.8/"}, key).status_code == 201
    assert_problem(xbb.post("/v1/webhooks", {"url": "https://8.8.8.8/"}, key), 409, "WEBHOOK_LIMIT")
    assert len(xbb.get("/v1/webhooks", key).json()["items"]) == routes.PER_KEY
