"""A small identity provider of ours that says whatever a test wants: over TLS, in a thread."""

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from gateways.oidc.settings import OidcSettings
from tests.oidc.certificates import Certificates

CLIENT = "entente-gateway"
BACK = "https://console.example/sign-in/oidc/back"
DISCOVERY, KEYS, TOKEN = "/.well-known/openid-configuration", "/keys", "/token"

Json = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]
Respond = Callable[["OwnProvider", Json], Answer]


def said(document: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON answer."""
    return status, {"Content-Type": "application/json"} | headers, json.dumps(document).encode()


@dataclass
class OwnProvider:
    """What it says can be replaced, place by place; what it was asked is kept."""

    url: str
    certificates: Certificates
    signing: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    kid: str = "key-1"
    answers: dict[str, Respond] = field(default_factory=dict)
    asked: list[tuple[str, Json]] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    released: threading.Event = field(default_factory=threading.Event)
    """Set when a test ends: answers that hang go on."""

    def forget(self) -> None:
        """As new: what hangs goes on, and nothing of the test before is left."""
        self.released.set()
        self.released = threading.Event()
        self.signing, self.kid = self.__class__(self.url, self.certificates).signing, "key-1"
        for kept in (self.answers, self.asked, self.codes):
            kept.clear()

    def settings(self, **changes: Any) -> Json:
        """What a gateway's settings say of it."""
        given = {
            "oidc_issuer": self.url,
            "oidc_client_id": CLIENT,
            "oidc_redirect_uris": BACK,
            "oidc_ca_file": self.certificates.authority,
            "oidc_timeout_seconds": 60,
        }
        return given | changes

    def oidc_settings(self, **changes: Any) -> OidcSettings:
        return OidcSettings(**self.settings(**changes))

    @property
    def metadata(self) -> Json:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}{TOKEN}",
            "jwks_uri": f"{self.url}{KEYS}",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
        }

    @property
    def public_key(self) -> Json:
        public: Json = ECAlgorithm.to_jwk(self.signing.public_key(), as_dict=True)
        return public | {"kid": self.kid, "use": "sig", "alg": "ES256"}

    def claims(self, now: datetime | None = None, **changes: Any) -> Json:
        """What a good ID token says; a claim given as None is left out."""
        at = int((now or datetime.now(UTC)).timestamp())
        given: Json = {
            "iss": self.url,
            "sub": "1234",
            "aud": CLIENT,
            "exp": at + 300,
            "iat": at,
            "auth_time": at,
            "acr": "urn:example:silver",
            "amr": ["pwd", "otp"],
        }
        return {name: value for name, value in (given | changes).items() if value is not None}

    def token(self, claims: Json, **header: Any) -> str:
        """Signed as it should be."""
        return jwt.encode(claims, self.signing, "ES256", {"kid": self.kid} | header)

    def authorize(self, url: str, now: datetime | None = None, **changes: Any) -> Json:
        """What comes back with the browser when the person is authenticated, as ``finish`` takes it."""
        asked = parameters(url)
        return self.give(asked, self.token(self.claims(now, **{"nonce": asked["nonce"]} | changes)))

    def give(self, asked: Json, token: str) -> Json:
        """The same with any token."""
        code = base64.urlsafe_b64encode(len(self.codes).to_bytes(8, "big")).decode()
        self.codes[code] = token
        return {"code": code, "state": asked["state"], "iss": self.url}

    def respond(self, path: str, form: Json) -> Answer:
        self.asked.append((path, form))
        if path in self.answers:
            return self.answers[path](self, form)
        if path == DISCOVERY:
            return said(self.metadata)
        if path == KEYS:
            return said({"keys": [self.public_key]})
        if path == TOKEN:
            return self.exchanged(form)
        return 404, {}, b""

    def exchanged(self, form: Json) -> Answer:
        """A code serves once."""
        token = self.codes.pop(form.get("code", ""), None)
        if token is None:
            return said({"error": "invalid_grant"}, 400)
        return said({"access_token": "of no use", "token_type": "Bearer", "id_token": token})

    def times_asked(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.asked)


def parameters(url: str) -> dict[str, str]:
    """The parameters of an address, each of which stands there once."""
    found = parse_qs(urlsplit(url).query, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}


@contextmanager
def own_provider(certificates: Certificates) -> Iterator[OwnProvider]:
    """One that listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer({name: values[0] for name, values in parse_qs(body).items()})

        def answer(self, form: Json) -> None:
            form |= {"authorization": self.headers.get("Authorization")}
            status, headers, body = provider.respond(self.path, form)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing to say."""

        def handle(self) -> None:
            try:
                super().handle()
            except (OSError, ssl.SSLError):
                return  # whoever asked has gone

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Clients that do not like the certificate go away."""

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.chain, certificates.key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    provider = OwnProvider(f"https://localhost:{server.server_port}", certificates)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.released.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
