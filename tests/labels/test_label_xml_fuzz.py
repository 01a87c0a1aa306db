"""Whatever comes, the answer is a refusal or a label that is no wider than the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.interop.stanag4774 import LabelXmlRefused, read_label, write_label
from tests.labels.label_cases import (
    CREATED,
    GROWN,
    LATER,
    MEMBERS,
    always,
    category,
    dated,
    label,
    nations_of,
    xml,
)
from tests.labels.label_documents import MEANT
from tests.labels.label_reading import audience

SEEDS = [
    *(str(param.values[0]) for param in MEANT),
    *(
        write_label(each, MEMBERS, created=CREATED).decode()
        for each in (
            label(
                "NATO",
                "NATO SECRET",
                "NORDIC",
                "JPN",
                "MIXED",
                restrictive=["ATOMAL"],
                display_only_to=["AUS"],
            ),
            label("NATO", "COSMIC TOP SECRET", "KFOR", "PACIFIC"),
            label("SWE", "HEMLIG", "FIN", "PACIFIC", restrictive=["röd"]),
        )
    ),
]
PIECES = st.sampled_from(
    (
        *(
            "NATO",
            "KFOR",
            "FIN",
            "JPN",
            "PACIFIC",
            "NORDIC",
            "Releasable",
            "Only",
            "Context",
            "Releasable To",
        ),
        *(
            "PERMISSIVE",
            "RESTRICTIVE",
            "INFORMATIVE",
            "SWE",
            "SECRET",
            "UNCLASSIFIED",
            "<!-- -->",
            "<x/>",
            "&amp;",
        ),
        *(
            "<s:GenericValue>",
            "</s:GenericValue>",
            "<s:GenericValue>JPN</s:GenericValue>",
            '"',
            "<",
            "",
            "\x00",
        ),
        *(category("Only", "FIN", "JPN"), category("Releasable To", "NATO", "AUS"), category("X", "Y")),
    )
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A document with some pieces put in, replaced or swapped, mostly where words begin and end."""
    text: str = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 4))):
        words = ("NATO", "Releasable", "JPN", "FIN", "NORDIC", "Only", "Context", "KFOR", "SWE", "PERMISSIVE")
        places = [at for word in words for at in range(len(text)) if text.startswith(word, at)]
        anywhere = st.integers(0, len(text))
        start = draw(st.sampled_from(places) | anywhere if places else anywhere)
        length = draw(st.sampled_from((0, 1, 3, 4, 6, 10, 40)))
        text = text[:start] + draw(PIECES) + text[start + length :]
    return text


@given(mutated())
def test_whatever_is_done_to_a_document_the_label_is_never_wider_than_the_text(text: str) -> None:
    try:
        taken = read_label(text.encode(), dated, LATER)
    except LabelXmlRefused:
        return
    # A draft means the members of now, the text those of then.
    assert nations_of(taken.label.releasable_to, GROWN) <= audience(text.encode())
    assert taken.label.classification.upper().endswith(("SECRET", "UNCLASSIFIED", "HEMLIG"))
    assert not taken.label.originator_controlled


@given(st.binary(max_size=300))
def test_bytes_that_mean_nothing_are_refused(data: bytes) -> None:
    with pytest.raises(LabelXmlRefused):
        read_label(data, always, CREATED)


def _one_of(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=4, unique_by=str.upper)


@st.composite
def composed(draw: st.DrawFn) -> str:
    """A well-formed document of categories that mostly fit together."""
    context = draw(st.sampled_from(("NATO", "nato", "KFOR", "RESOLUTE SUPPORT")))
    groups = ("NORDIC", "PACIFIC", "MIXED", "KFOR", "NATO")
    only = draw(st.none() | _one_of("FIN", "fin", "NOR", "POL", "JPN", "GEO", *groups))
    added = draw(st.none() | _one_of("JPN", "AUS", "jpn", "FIN", *groups[:4]))
    releasable = added is not None if draw(st.integers(0, 9)) else added is None
    made = [category("Context", context, *(("Releasable",) if releasable else ()))]
    if only is not None:
        made.append(category("Only", *only))
    if added is not None:
        repeated = draw(st.sampled_from((context, context, context, "NATO")))
        made.append(category("Releasable To", *dict.fromkeys((repeated, *added))))
    if draw(st.booleans()):
        made.append(category("Additional Sensitivity", "ATOMAL", kind="RESTRICTIVE"))
    return xml(*draw(st.permutations(made)))


@given(composed())
def test_however_categories_are_put_together_nobody_is_added(text: str) -> None:
    try:
        taken = read_label(text.encode(), dated, LATER)
    except LabelXmlRefused:
        return
    assert nations_of(taken.label.releasable_to, GROWN) <= audience(text.encode())
    assert taken.label.restrictive == (("ATOMAL",) if "ATOMAL" in text else ())


@given(composed())
def test_while_membership_stays_the_same_the_label_means_just_the_audience(text: str) -> None:
    try:
        taken = read_label(text.encode(), always, CREATED)
    except LabelXmlRefused:
        return
    assert nations_of(taken.label.releasable_to) == audience(text.encode())
