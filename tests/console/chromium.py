"""See to a Chromium for the console's tests: ``python -m tests.console.chromium``.

The system's is taken, or the one that ``ENTENTE_CHROMIUM`` names, or playwright's own. Where there is none it
is installed: from Debian's packages where we are root, else by playwright. Where that fails, this says what
to do.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HELP = """\
The console's tests need a Chromium, and none could be installed here. One of these helps:
  - as root on Debian or Ubuntu: apt-get install chromium
  - playwright's own:            .venv/bin/python -m playwright install --with-deps chromium
  - one that lies elsewhere:     ENTENTE_CHROMIUM=/path/to/chromium make test
"""


def chromium_path() -> str | None:
    """The program that was named, or the system's; None where there is neither."""
    named = os.environ.get("ENTENTE_CHROMIUM")
    return named or next((found for name in PROGRAMS if (found := shutil.which(name))), None)


def own_path() -> str | None:
    """Playwright's own Chromium, if it is there."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Install one, by whatever means there are; silently where none works."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "-qq", "update"], env=quiet, check=False)
        command = ["apt-get", "-qq", "install", "-y", "--no-install-recommends", "chromium"]
        subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False)
    if chromium_path() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    """0 once there is one."""
    if chromium_path() is None and own_path() is None:
        sys.stderr.write("Installing a Chromium for the console's tests ...\n")
        install()
        if chromium_path() is None and own_path() is None:
            sys.stderr.write(HELP)
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
