"""`entente drill run --target compose`: a drill played in the containers of `docker-compose.yml`."""

import contextlib
import io
import secrets
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from entente.terminal import CommandFailed, say

COMPOSE_FILE = Path("docker-compose.yml")
DEFAULT_SCENARIO = "ocean-accord"
"""Whose realm the Compose file founds."""
_TARGET = "/partners/target.yaml"
_SCENARIO = "/tmp/scenario.yaml"  # noqa: S108  (in the container, mounted read-only)
_BRING = 'tar -C "$1" -c . && rm -r "$1"'


def play_in_containers(scenario: str | None, options: Sequence[str], reports: Path) -> int:
    """Play in the realm that runs in containers here, started when it does not; the drill's exit code.

    ``scenario`` is a name, a file of this machine, or None for that of the Compose file; ``options`` are
    those of `drill run` for the drill in its container. Its reports are brought to ``reports``.
    CommandFailed without a Compose file in the working directory, or without Compose.
    """
    if not COMPOSE_FILE.is_file():
        raise CommandFailed(f"there is no {COMPOSE_FILE} here: go to the directory that has Entente's")
    compose = _compose()
    folder = f"/reports/{secrets.token_hex(8)}"
    arguments = drill_arguments(scenario, options, folder, sys.stdout.isatty())
    code = played_to_its_end([*compose, *arguments])
    bring = ["run", "--rm", "-T", "--no-deps", "--entrypoint", "sh", "drill", "-c", _BRING, "sh", folder]
    brought = subprocess.run(  # noqa: S603 - nothing in it from outside
        [*compose, *bring], stdin=subprocess.DEVNULL, capture_output=True
    )
    if brought.returncode == 0:
        say(f"reports: {', '.join(str(file) for file in unpacked(brought.stdout, reports))}")
    elif code in (0, 2, 3):
        raise CommandFailed("the drill was played, but its report could not be brought from its container")
    return code


def played_to_its_end(command: Sequence[str]) -> int:
    """The exit code of Compose, also after Ctrl-C: it hears that, too, and has a container to end."""
    with subprocess.Popen(command) as playing:  # noqa: S603 - no shell; what a person here asked for
        while True:
            with contextlib.suppress(KeyboardInterrupt):
                return playing.wait()


def passed_on(settle: float, speed: float | None, seed: int | None, as_json: bool) -> list[str]:
    """Options of `drill run` as the drill in its container is given them."""
    given = {"--settle": settle, "--speed": speed, "--seed": seed}
    options = [word for name, value in given.items() if value is not None for word in (name, f"{value}")]
    return [*options, *(["--json"] if as_json else [])]


def drill_arguments(
    scenario: str | None, options: Sequence[str], folder: str, on_terminal: bool
) -> list[str]:
    """What Compose is told, for the drill to write its reports into ``folder`` of its container."""
    name = scenario or DEFAULT_SCENARIO
    terminal = [] if on_terminal else ["-T"]
    volumes: list[str] = []
    if Path(name).is_file():
        volumes = ["--volume", f"{Path(name).resolve()}:{_SCENARIO}:ro"]
        name = _SCENARIO
    within = ["drill", "run", name, "--target", _TARGET, "--reports", folder, *options]
    return ["run", "--rm", *terminal, *volumes, "drill", *within]


def _compose() -> list[str]:
    """Compose 2, else docker-compose 1.29."""
    docker, alone = shutil.which("docker"), shutil.which("docker-compose")
    if docker is not None:
        asked = subprocess.run([docker, "compose", "version"], capture_output=True)  # noqa: S603
        if asked.returncode == 0:
            return [docker, "compose"]
    if alone is not None:
        return [alone]
    raise CommandFailed("Docker Compose is not here: install Compose 2, or docker-compose 1.29")


def unpacked(archive: bytes, into: Path) -> list[Path]:
    """The files of the archive, by their last names alone: nothing of it chooses another place."""
    into.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        for member in packed.getmembers():
            content = packed.extractfile(member) if member.isreg() else None
            if content is not None:
                written.append(into / Path(member.name).name)
                written[-1].write_bytes(content.read())
    return written
