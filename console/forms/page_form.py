"""A draft's whole form: the header's controls in their groups, and every version with its label and body."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from console.forms.arrangement import grouped
from console.forms.control import Control
from console.forms.field import Field, Shape
from console.forms.fill import Filler

HANDLING = ("precedence", "mode", "subject", "exercise_id", "language")
AUDIENCE = ("action_addressees", "info_addressees")
TIMES = ("effective_at", "expires_at", "acknowledgement")
RELEASE = ("releasable_to",)
CAVEATS = ("restrictive", "display_only_to", "originator_controlled", "review_at")


Titles = Callable[[str, Field], str]
"""The heading of a group, by its name and its first field."""


@dataclass
class Section:
    """Controls under one heading."""

    name: str
    title: str
    controls: tuple[Control, ...]
    folded: bool = False

    @property
    def closed(self) -> bool:
        """Whether it may stay closed: nothing in it, nothing wrong with it."""
        return self.folded and not any(each.filled or each.faulty for each in self.controls)


@dataclass
class Version:
    """One version of a message: the draft itself, or a tear line."""

    number: int
    pointer: str
    level: Control
    release: tuple[Control, ...]
    caveats: Section
    sections: tuple[Section, ...]
    subject: Control | None = None

    def controls(self) -> Iterator[Control]:
        """Everything in it."""
        if self.subject is not None:
            yield self.subject
        yield self.level
        yield from self.release
        yield from self.caveats.controls
        for section in self.sections:
            yield from section.controls

    @property
    def faulty(self) -> bool:
        """Whether anything in it is wrong."""
        return any(each.faulty for each in self.controls())


@dataclass
class PageForm:
    """Everything that the page of one draft shows to be filled in."""

    handling: tuple[Control, ...]
    audience: tuple[Control, ...]
    times: tuple[Control, ...]
    versions: list[Version]
    references: list[dict[str, Any]] = field(default_factory=list)
    more_versions: bool = True

    def controls(self) -> list[Control]:
        """Every control, in the order of the page."""
        found = [*self.handling, *self.audience, *self.times]
        for version in self.versions:
            found += version.controls()
        return found


def page_form(
    form: Field,
    draft: Any,
    filler: Filler,
    titles: Titles,
    *,
    modes: Collection[str] | None = None,
) -> PageForm:
    """The form of a draft; ``titles`` names the groups of fields.

    ``modes`` are those that its author may send in; all of the schema's when not given.
    """
    header, label, body, tear = (form.member(name) for name in ("header", "label", "body", "tear_lines"))
    if header is None or label is None or body is None:
        raise ValueError("a draft has header, label and body")
    holds = draft.get("header") or {}

    def of_header(names: tuple[str, ...]) -> tuple[Control, ...]:
        members = tuple(found for name in names if (found := header.member(name)) is not None)
        return filler.controls(header, members, "/header", holds)

    versions = [_version(0, "", draft, (label, body), filler, titles)]
    subject = tear.item.member("subject") if tear is not None and tear.item is not None else None
    for place, each in enumerate(draft.get("tear_lines") or ()):
        pointer = f"/tear_lines/{place}"
        made = _version(place + 1, pointer, each, (label, body), filler, titles)
        if subject is not None:
            made.subject = filler.control(subject, f"{pointer}/subject", each.get("subject"))
            made.subject.required = True
        versions.append(made)
    most = (tear.most or 4) if tear is not None else 0
    handling = of_header(HANDLING)
    for control in handling:
        if control.name == "mode" and modes is not None:
            control.options = tuple(each for each in control.options if each.value in modes or each.chosen)
    return PageForm(
        *(handling, of_header(AUDIENCE), of_header(TIMES), versions),
        references=list(holds.get("references") or ()),
        more_versions=len(versions) <= most,
    )


def _version(
    number: int,
    pointer: str,
    value: Any,
    fields: tuple[Field, Field],
    filler: Filler,
    titles: Titles,
) -> Version:
    label, body = fields
    labelled, said = value.get("label") or {}, value.get("body") or {}

    def of_label(names: tuple[str, ...]) -> tuple[Control, ...]:
        members = tuple(found for name in names if (found := label.member(name)) is not None)
        return filler.controls(label, members, f"{pointer}/label", labelled)

    level = next(iter(of_label(("classification",))))
    level.required = True
    level.shape, level.options = Shape.LEVEL, filler.levels(labelled)
    sections = tuple(
        Section(
            group.name or members[0].name,
            titles(group.name, members[0]),
            filler.controls(body, members, f"{pointer}/body", said),
            group.folded,
        )
        for group, members in grouped(body)
    )
    caveats = Section("caveats", titles("caveats", label), of_label(CAVEATS), folded=True)
    return Version(number, pointer, level, of_label(RELEASE), caveats, sections)
