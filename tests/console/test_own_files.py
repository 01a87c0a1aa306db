"""The console's own files as they are served, and what a page names beforehand: without a browser."""

import gzip
import re
from pathlib import Path

import httpx
import pytest

from console.modules import chain, imports
from console.own_files import OwnFiles, own_files, takes_gzip
from console.pages import environment

FOR_EVER = "public, max-age=31536000, immutable"


def client(files: OwnFiles) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=files), base_url="http://console.test")


@pytest.fixture
def files(tmp_path: Path) -> OwnFiles:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "long.js").write_text("// long\n" * 500)
    (tmp_path / "short.css").write_text("a { }\n")
    (tmp_path / "font.woff2").write_bytes(b"font" * 1000)
    return OwnFiles(tmp_path)


async def test_a_file_is_kept_for_ever_under_the_version_of_all_and_asked_about_under_any_other_address(
    files: OwnFiles,
) -> None:
    async with client(files) as console:
        kept = await console.get(f"/{files.version}/short.css")
        assert (kept.text, kept.headers["cache-control"]) == ("a { }\n", FOR_EVER)
        assert kept.headers["content-type"] == "text/css; charset=utf-8"
        for other in ("/short.css", "/0123456789ab/short.css"):
            asked = await console.get(other)
            assert (asked.text, asked.headers["cache-control"]) == ("a { }\n", "no-cache")
            again = await console.get(other, headers={"If-None-Match": f'"0", {asked.headers["etag"]}'})
            assert (again.status_code, again.content) == (304, b"")


async def test_what_is_long_and_text_comes_compressed_to_who_takes_it_under_a_tag_of_its_own(
    files: OwnFiles,
) -> None:
    async with client(files) as console:
        plain = await console.get("/js/long.js", headers={"Accept-Encoding": "identity"})
        async with console.stream("GET", "/js/long.js", headers={"Accept-Encoding": "gzip"}) as packed:
            content = b"".join([part async for part in packed.aiter_raw()])
        assert gzip.decompress(content) == plain.content
        assert len(content) < len(plain.content) // 10
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["etag"] != plain.headers["etag"]
        assert {plain.headers["vary"], packed.headers["vary"]} == {"Accept-Encoding"}
        for path in ("/font.woff2", "/short.css"):
            answer = await console.get(path, headers={"Accept-Encoding": "gzip"})
            assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, GZIP;q=0.001", True),
        ("*", True),
        ("gzip;q=0", False),
        ("*, gzip ; q=0.000", False),
        ("*;q=0", False),
        ("br, x-gzip-like", False),
        ("", False),
    ],
)
def test_who_refuses_gzip_gets_none(accepted: str, taken: bool) -> None:
    assert takes_gzip(accepted) is taken


async def test_nothing_but_the_files_is_there_and_nothing_but_reading_is_taken(
    files: OwnFiles, tmp_path: Path
) -> None:
    (tmp_path / "later.css").write_text("b { }\n")
    async with client(files) as console:
        wrong = ("/", "/js", "/js/", "/later.css", "/%2e%2e/short.css", "/a/b/short.css", "/a/short.css")
        for path in (*wrong, f"/{files.version}", f"/{files.version}/"):
            assert (await console.get(path)).status_code == 404, path
        refused = await console.post("/short.css")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
        head = await console.head("/short.css")
        assert (head.status_code, head.headers["content-length"]) == (200, "6")


def test_files_that_are_watched_have_another_version_once_one_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.css"
    path.write_text("a { }\n")
    files = OwnFiles(tmp_path)
    before = files.version
    path.write_text("b { }\n")
    assert files.version == before
    files.watched = True
    assert files.version != before


def test_a_module_is_followed_by_all_that_it_imports_each_once_those_nearest_first() -> None:
    made = {
        "js/a/page.js": """
            // import { not } from "./commented.js";
import "./b.js";
import {
  one,
  two,
} from "../c/c.js";
/** @typedef {import("./types.js").Type} Type */
const later = "./text.js";
""",
        "js/a/b.js": 'export { three } from "../c/d.js";\nimport * as c from "../c/c.js";\n',
        "js/c/c.js": 'import x from "../a/b.js";\nexport function from() { return "./no.js"; }\n',
        "js/c/d.js": "export const three = 3;\n",
    }
    assert imports("js/a/page.js", made["js/a/page.js"]) == ["js/a/b.js", "js/c/c.js"]
    assert chain("js/a/page.js", made.__getitem__) == ("js/a/page.js", "js/a/b.js", "js/c/c.js", "js/c/d.js")


def test_a_page_names_each_module_of_its_scripts_once_under_the_version() -> None:
    script = "{{ module('live/page.js') }}{{ module('frame/frame.js') }}"
    base = f"/xaa/static/{own_files().version}"
    made = environment().from_string(script).render(static=base, preloaded=set())
    named = re.findall(r'<link rel="modulepreload" href="([^"]+)">', made)
    wanted = {*own_files().modules("live/page.js"), *own_files().modules("frame/frame.js")}
    assert sorted(named) == sorted(f"{base}/{name}" for name in wanted)
    assert f'<script type="module" src="{base}/js/frame/frame.js"></script>' in made
