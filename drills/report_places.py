"""Where on a report's page each inject stands, for links to lead there."""

from html import escape


class Places:
    """The first row that is about an inject bears its name; whatever is asked for later bears none."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def __call__(self, serial: str) -> str:
        """The attribute for a row about this inject, with a space before it; or nothing."""
        if serial in self._given:
            return ""
        self._given.add(serial)
        return f' id="i-{escape(serial)}"'
