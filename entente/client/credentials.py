"""The API key: given, in a file that only its owner can read, or in the environment."""

import os
import re
import stat
from pathlib import Path

VARIABLE = "ENTENTE_API_KEY"
_TOKEN = re.compile(r"[!-~]{1,256}", re.ASCII)
_LARGEST_FILE = 1024


def api_key(given: str | None, file: Path | str | None) -> str:
    """The key from one place: the argument, the file, else the environment. Raises ValueError, OSError.

    A file that others can read is refused. No error quotes the key.
    """
    if given is not None and file is not None:
        raise ValueError("give api_key or key_file, not both")
    text = (
        given if given is not None else _in_file(Path(file)) if file is not None else os.environ.get(VARIABLE)
    )
    if text is None:
        raise ValueError(f"no API key: give api_key or key_file, or set {VARIABLE}")
    if not _TOKEN.fullmatch(text.strip()):
        raise ValueError("this is no API key: printable ASCII without spaces is expected")
    return text.strip()


def _in_file(path: Path) -> str:
    with path.open("rb") as file:
        # Asked of the open file, not of the path: what is checked is what is read.
        mode = os.fstat(file.fileno()).st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ValueError(f"{path} is open to group or others: chmod 600 it")
        return file.read(_LARGEST_FILE).decode("ascii", "replace")
