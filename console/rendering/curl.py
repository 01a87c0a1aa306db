"""A request as a command line for a POSIX shell. It never holds a token: the credential stays in a file."""

CREDENTIAL = '-H @"$ENTENTE_AUTH"'
"""A file with the line ``Authorization: Bearer ...``, as docs/api.md makes it."""


def quoted(text: str) -> str:
    """One word for a POSIX shell, always in single quotes. Raises ValueError for NUL: no word holds it."""
    if "\0" in text:
        raise ValueError("a shell word cannot hold NUL")
    return "'" + text.replace("'", "'\\''") + "'"


def curl_for(base: str, path: str) -> str:
    """The command that fetches ``path`` of the gateway at ``base``."""
    return f"curl -sS {CREDENTIAL} {quoted(base.rstrip('/') + path)}"
