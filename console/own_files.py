"""The console's own files: read once, and served out of memory.

An address that names their present content (``/static/VERSION/...``) may be kept for ever: a page that was
seen before asks for none of them again. The version stands before the path, so that style sheets and modules,
which name each other relatively, stay within it. Any other address is asked about each time.
"""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from http import HTTPStatus
from pathlib import Path, PurePosixPath

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from console.modules import chain

STATIC = Path(__file__).parent / "static"
FOR_EVER = b"public, max-age=31536000, immutable"
ASKED_EACH_TIME = b"no-cache"
_KINDS: Mapping[str, bytes] = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".svg": b"image/svg+xml",
    ".woff2": b"font/woff2",
}
_COMPRESSED = frozenset({".css", ".js", ".json", ".svg"})
_VERSION = re.compile("[0-9a-f]{12}")
_SMALL = 1024
"""Octets below which compressing is not worth it."""


@dataclass(frozen=True)
class File:
    """One file as it is sent."""

    name: str
    content: bytes

    @cached_property
    def kind(self) -> bytes:
        """Its media type."""
        return _KINDS.get(PurePosixPath(self.name).suffix, b"text/plain; charset=utf-8")

    @cached_property
    def tag(self) -> str:
        """The digest of its content."""
        return hashlib.sha256(self.content).hexdigest()[:32]

    @cached_property
    def smaller(self) -> bytes | None:
        """The content compressed, where that helps."""
        if PurePosixPath(self.name).suffix not in _COMPRESSED or len(self.content) < _SMALL:
            return None
        return gzip.compress(self.content, mtime=0)


class OwnFiles:
    """ASGI app of a directory's files. ``watched``: read anew for each page, while somebody writes them."""

    def __init__(self, directory: Path = STATIC) -> None:
        self.watched = False
        self._directory = directory
        self._read()

    def _read(self) -> None:
        self._files = {
            (name := path.relative_to(self._directory).as_posix()): File(name, path.read_bytes())
            for path in sorted(self._directory.rglob("*"))
            if path.is_file()
        }
        every = "".join(f"{name} {file.tag}\n" for name, file in self._files.items())
        self._version = hashlib.sha256(every.encode()).hexdigest()[:12]
        self._chains: dict[str, tuple[str, ...]] = {}

    @property
    def version(self) -> str:
        """Names the content of all files together."""
        if self.watched:
            self._read()
        return self._version

    def modules(self, entry: str) -> tuple[str, ...]:
        """A module of ``js/`` and all that it imports, at first and second hand."""
        if entry not in self._chains:
            self._chains[entry] = chain(f"js/{entry}", self._text)
        return self._chains[entry]

    def _text(self, name: str) -> str:
        return self._files[name].content.decode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file, that it has not changed, or that there is none."""
        path = scope["path"].removeprefix(scope["root_path"]).strip("/")
        version, _, rest = path.partition("/")
        if not _VERSION.fullmatch(version):  # ours, or that of a page from before this process
            rest = path
        file = self._files.get(rest)
        if scope["method"] not in ("GET", "HEAD"):
            await _say(send, HTTPStatus.METHOD_NOT_ALLOWED, [(b"allow", b"GET, HEAD")])
        elif file is None:
            await _say(send, HTTPStatus.NOT_FOUND, [])
        else:
            await self._send(file, version, scope, send)

    async def _send(self, file: File, version: str, scope: Scope, send: Send) -> None:
        asked = Headers(scope=scope)
        smaller = file.smaller if takes_gzip(asked.get("accept-encoding", "")) else None
        tag = f'"{file.tag}{"-gzip" if smaller else ""}"'
        headers = [
            (b"etag", tag.encode()),
            (b"cache-control", FOR_EVER if version == self._version else ASKED_EACH_TIME),
            (b"vary", b"Accept-Encoding"),
        ]
        if tag in (each.strip().removeprefix("W/") for each in asked.get("if-none-match", "").split(",")):
            await _say(send, HTTPStatus.NOT_MODIFIED, headers)
            return
        if smaller:
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-type", file.kind))
        await _say(send, HTTPStatus.OK, headers, smaller or file.content)


def takes_gzip(accepted: str) -> bool:
    """Whether ``Accept-Encoding`` allows gzip (RFC 9110, 12.5.3): named, or by ``*``, and not with q=0."""
    weights: dict[str, str] = {}
    for each in accepted.lower().split(","):
        coding, _, weight = each.partition(";")
        weights[coding.strip()] = weight.replace(" ", "").removeprefix("q=")
    weight = weights.get("gzip", weights.get("*", "0"))
    return re.fullmatch(r"0(\.0{0,3})?", weight) is None


async def _say(
    send: Send, status: HTTPStatus, headers: list[tuple[bytes, bytes]], content: bytes = b""
) -> None:
    if status != HTTPStatus.NOT_MODIFIED:
        headers = [*headers, (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


@cache
def own_files() -> OwnFiles:
    """The files of every console in this process."""
    return OwnFiles()
