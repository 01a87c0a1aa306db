"""What the console serves as files: vendored as pinned; nothing in them that pages forbid."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.console.vendoring import LIST, VENDOR, digest, packages

CONSOLE = Path(__file__).resolve().parents[2] / "console"
SCRIPTS = sorted(CONSOLE.glob("static/js/**/*.js"))
TEMPLATES = sorted(CONSOLE.glob("templates/**/*.html"))
STYLES = sorted(CONSOLE.glob("static/css/*.css"))

SINKS = (
    *("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "createContextualFragment"),
    *("DOMParser", "srcdoc", "setHTML", "parseHTML", "eval(", "new Function", "javascript:", "importScripts"),
)
PHYSICAL = re.compile(
    r"(?<![\w-])(?:margin|padding|border)-(?:left|right)|(?<![\w-])(?:left|right)\s*:"
    r"|text-align\s*:\s*(?:left|right)|float\s*:\s*(?:left|right)"
)


def _short(path: Path) -> str:
    return path.relative_to(CONSOLE).as_posix()


def test_vendored_files_are_the_pinned_ones_and_there_are_no_others() -> None:
    pinned = {each["to"]: each["sha256"] for package in packages() for each in package["file"]}
    found = {
        path.relative_to(VENDOR).as_posix(): digest(path.read_bytes())
        for path in VENDOR.rglob("*")
        if path.is_file()
    }
    assert found == pinned


def test_every_vendored_package_has_version_licence_integrity_and_its_licence_text() -> None:
    for package in packages():
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
        assert package["license"] in {"MIT", "ISC", "OFL-1.1"}
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package["integrity"])
        assert any("LICENSE" in each["to"] for each in package["file"]), package["name"]


def test_the_list_of_vendored_packages_holds_no_address() -> None:
    assert "http" not in LIST.read_text(encoding="utf-8")
    assert tomllib.loads(LIST.read_text(encoding="utf-8")).keys() == {"package"}


@pytest.mark.parametrize("path", SCRIPTS, ids=_short)
def test_a_script_is_short_and_reads_no_markup(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 200
    assert [sink for sink in SINKS if sink in text] == []
    assert 'setAttribute("style"' not in text
    assert not re.search(r"""setAttribute\(\s*["']on""", text)
    for module in re.findall(r"""(?:from|import)\s+["']([^"']+)["']""", text):
        assert module.startswith("."), f"{module} would need an import map"


@pytest.mark.parametrize("path", TEMPLATES, ids=_short)
def test_a_template_has_no_inline_style_script_or_handler(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"<style\b", text)
    assert not re.search(r"""\son[a-z]+=["'{]""", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert "|safe" not in text.replace(" ", "")
    assert "autoescape" not in text
    if path.parent.name == "several":
        return  # the page that chooses a nation's console has the whole host
    for address in re.findall(r"""(?:href|src|action)="(/[^"]*)""", text):
        pytest.fail(f"{address} does not begin with the root")


@pytest.mark.parametrize("path", STYLES, ids=_short)
def test_a_style_sheet_has_no_left_or_right_and_fetches_nothing_from_elsewhere(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    assert PHYSICAL.findall(text) == []
    assert "http" not in text
    assert "@import" not in text


def test_no_colour_or_size_of_letters_depends_on_the_language() -> None:
    """What is judged of the contrast of a page in one language is true in all (``judging_pages.py``)."""
    for path in STYLES:
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
        for selector, rule in re.findall(r"([^{}]+)\{([^{}]*)\}", text):
            if re.search(r"\[(dir|lang)|:(dir|lang)\(", selector):
                assert not re.search(r"color|background|opacity|filter|font", rule), selector.strip()
