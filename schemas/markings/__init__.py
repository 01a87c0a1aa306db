"""Markings: what a label looks like on paper and screen. Rendered from the label, never parsed back.

Everything in a label that restricts who may have the content, or what they may do with it, is visible in
what is rendered; two labels that differ in it never render alike. No list is ever cut.
"""

from dataclasses import dataclass

from schemas.label import ConfidentialityLabel, DraftLabel
from schemas.markings.nato import nato_form
from schemas.markings.text import category_names, codes, plain
from schemas.markings.united_states import USA, foreign_form, joint_form, own_form

__all__ = ["Markings", "markings"]


@dataclass(frozen=True)
class Markings:
    """A label as text. ``released_to`` says which nations it meant when issued; None for a draft's label."""

    banner: str
    portion: str
    released_to: str | None = None


def markings(label: DraftLabel, *, originator: str | None = None, reader: str | None = None) -> Markings:
    """Render a label: in its policy's own form where it has one that is known, else in a neutral one.

    ``originator`` is the nation that says it, where known. A ``reader`` in the USA sees other nations' and
    NATO's labels in the foreign form of its own register.
    """
    forms = own_form(label, originator) or joint_form(label)
    if forms is None and reader == USA:
        forms = foreign_form(label)
    banner, portion = forms or nato_form(label) or _neutral(label)
    released = None
    if isinstance(label, ConfidentialityLabel):
        released = f"Released to {codes(label.release_set)}" if label.release_set else "Released to nobody"
    return Markings(banner, portion, released)


def _neutral(label: DraftLabel) -> tuple[str, str]:
    """Policy, native classification, categories, release list, caveats; the portion says the same."""
    parts = [f"{plain(label.policy)}: {plain(label.classification, also=':')}"]
    if label.restrictive:
        parts.append(category_names(label.restrictive))
    if label.releasable_to:
        parts.append(f"REL TO {codes(label.releasable_to)}")
    elif not label.display_only_to:
        parts.append("NATIONAL ONLY")
    if label.display_only_to:
        parts.append(f"DISPLAY ONLY {codes(label.display_only_to)}")
    if label.originator_controlled:
        parts.append("ORIGINATOR CONTROLLED")
    banner = "//".join(parts)
    return banner, f"({banner})"
