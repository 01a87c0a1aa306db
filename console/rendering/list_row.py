"""A message's row as the list shows it, for the rows that come with the page.

The same as ``static/js/traffic/row_cells.js`` and ``row_words.js``, which draw them again once they run: a
test in the browser compares the two, node by node.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.marking import clamped
from console.times import clock
from console.visible import one_line
from console.wording import Wording

SHAPES = {"FLASH": ("◆", "Z"), "IMMEDIATE": ("▲", "O"), "PRIORITY": ("■", "P"), "ROUTINE": ("○", "R")}
FEW_CHARACTERS = 7
SOME_NAMES = 4
MOST_TICKS = 12
LONG_CLASSIFICATION = 20
_TICKS = {
    **dict.fromkeys(("sent", "handed_over"), "sent"),
    **dict.fromkeys(("delivered", "read"), "delivered"),
    **dict.fromkeys(("acknowledged", "actioned"), "acknowledged"),
    **dict.fromkeys(("withheld", "cancelled"), "withheld"),
}
_SIGNATURES = {"own": "send", "revoked": "shield-x", "good": "shield-check"}


@dataclass(frozen=True)
class ListRow:
    """What the cells of one row say. ``row`` is what the gateway told."""

    row: Mapping[str, Any]
    wording: Wording

    @property
    def id(self) -> str:
        """The id that people quote."""
        return str(self.row["publication_id"] if self.row["direction"] == "out" else self.row["message_id"])

    @property
    def shape(self) -> tuple[str, str]:
        """The sign of its precedence, and the prosign."""
        return SHAPES.get(self.row["precedence"], ("○", "?"))

    @property
    def time(self) -> tuple[str, str]:
        """Day, and Zulu time."""
        day, _, time = clock(self.row["at"]).partition(" ")
        return f"{day} ", time

    @property
    def kind(self) -> str:
        """The kind's short name; that of a kind which has none here is its own."""
        return self.wording.known(
            f"traffic.live.kind.{self.row['kind']}", one_line(self.row["kind"].replace("_", " "))
        )

    @property
    def standing(self) -> str:
        """What became of the message, where it is no longer simply current."""
        if self.row["status"] != "CURRENT":
            return str(self.row["status"])
        return "EXPIRED" if self.row.get("expired") else ""

    @property
    def standing_words(self) -> str:
        """The same in words."""
        return self.wording.t(f"traffic.live.standing.{self.standing.lower()}") if self.standing else ""

    @property
    def subject(self) -> str | None:
        """What it is about; None for who sees no content, and where it is gone."""
        given = self.row.get("subject")
        return None if given is None else one_line(given)

    @property
    def unsaid(self) -> str:
        """What stands in place of a subject."""
        gone = self.standing == "RECALLED"
        return self.wording.t("traffic.live.content_gone" if gone else "traffic.live.content_not_shown")

    @property
    def level(self) -> int:
        """The colour class of its label."""
        return clamped(self.row["level"])

    @property
    def is_long(self) -> bool:
        """Whether the classification is set smaller."""
        return len(self.row["classification"]) > LONG_CLASSIFICATION

    @property
    def names(self) -> list[str]:
        """To whom it is released."""
        return [one_line(name) for name in self.row["releasable"]]

    @property
    def room(self) -> str:
        """How much room these names take."""
        if len(" ".join(self.names)) <= FEW_CHARACTERS:
            return "few"
        return "some" if len(self.names) <= SOME_NAMES else "many"

    @property
    def listed(self) -> str:
        """The names where there is room for all of them: never a part of them."""
        return " ".join(self.names) if len(self.names) <= SOME_NAMES else ""

    @property
    def signature(self) -> tuple[str, str, str]:
        """How the signature stands, in words, and its icon."""
        own = "own" if self.row["direction"] == "out" else "good"
        standing = "revoked" if own == "good" and self.row.get("key_standing") == "REVOKED_SINCE" else own
        return standing, self.wording.t(f"traffic.live.signature.{standing}"), _SIGNATURES[standing]

    @property
    def copies(self) -> list[tuple[str, str, bool]]:
        """Of an own message, each nation with its tick, and whether it is overdue."""
        if self.row["direction"] != "out":
            return []
        urgent = self.row["precedence"] in ("FLASH", "IMMEDIATE")
        found = []
        for copy in sorted(self.row.get("copies") or (), key=lambda each: each["nation"]):
            tick = _TICKS.get(copy["state"].lower(), "hollow")
            found.append((copy["nation"], tick, urgent and copy["overdue"] and tick != "acknowledged"))
        return found

    @property
    def acknowledged(self) -> str:
        """How many of the copies are acknowledged."""
        return f"{sum(tick == 'acknowledged' for _, tick, _ in self.copies)}/{len(self.copies)}"

    @property
    def ticks(self) -> list[str]:
        """The looks of the ticks."""
        return [f"tick {tick}{' overdue' if late else ''}" for _, tick, late in self.copies[:MOST_TICKS]]

    @property
    def copies_words(self) -> str:
        """The ticks in words."""
        return ", ".join(
            f"{nation}: {self.wording.t(f'traffic.live.tick.{tick}')}" for nation, tick, _ in self.copies
        )

    @property
    def ours(self) -> str:
        """Of what was received: that the request was answered, our acknowledgement is due, or our receipt."""
        if self.row.get("request_state") in ("ANSWERED", "DECLINED"):
            return str(self.row["request_state"]).lower()
        return "due" if self.row.get("awaiting_ours") else (self.row.get("own_receipt") or "").lower()

    @property
    def ours_words(self) -> str:
        """The same in words, where it matters."""
        return self.wording.t(f"traffic.live.ours.{self.ours}") if self.ours not in ("", "read") else ""
