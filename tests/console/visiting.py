"""A visitor without a browser: plain requests with a session's cookie, for what needs no page to be drawn."""

import re
from typing import Any

import httpx

from tests.console.realm import PASSWORD, WAIT
from tests.console.serving import ServedConsole

DOCUMENT = {
    "Accept": "text/html",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}
SCRIPT = {
    "Accept": "*/*",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
}
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class Visitor:
    """Sends the headers that a browser sends. Cookies are kept by hand: they are for secure origins only."""

    def __init__(self, console: ServedConsole, cookies: dict[str, str] | None = None) -> None:
        self.console = console
        self.cookies = dict(cookies or {})
        self.csrf = ""
        self._client = httpx.Client(base_url=console.url, trust_env=False, verify=False, timeout=WAIT)

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """GET as a page that is gone to."""
        return self.request("GET", path, headers=headers or DOCUMENT)

    def fetch(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """GET as a script does."""
        return self.request("GET", path, headers=SCRIPT | (headers or {}))

    def post(
        self, path: str, form: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """POST of a form of the last page, with its token."""
        return self.request(
            "POST", path, data={"csrf": self.csrf} | (form or {}), headers=headers or DOCUMENT
        )

    def request(self, method: str, path: str, headers: dict[str, str], **options: Any) -> httpx.Response:
        """Any request; keeps cookies and the page's token."""
        given = dict(headers)
        if self.cookies:
            given["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self._client.request(method, path, headers=given, **options)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if "Max-Age=0" in line:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        if found := _CSRF.search(answer.text if "html" in answer.headers.get("content-type", "") else ""):
            self.csrf = found[1]
        return answer

    def sign_in(self, name: str, password: str = PASSWORD) -> "Visitor":
        """Sign in by the form; afterwards ``csrf`` is the session's."""
        self.get("/sign-in")
        answer = self.post("/sign-in", {"name": name, "password": password})
        assert answer.status_code == 303, answer.text
        self.get("/settings" if "password" not in answer.headers["location"] else "/settings/password")
        return self

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
