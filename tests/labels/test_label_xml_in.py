"""Labels in: what a document means, what is refused and where, and nothing wider than the text."""

import pytest

from schemas.interop.stanag4774 import (
    LabelWarningCode,
    LabelXmlRefused,
    ReadLabel,
    read_label,
)
from schemas.label import DraftLabel
from tests.labels.label_cases import CREATED, LATER, always, category, dated, xml
from tests.labels.label_documents import MEANT


def read(text: str | bytes) -> ReadLabel:
    return read_label(text.encode() if isinstance(text, str) else text, always, CREATED)


@pytest.mark.parametrize(("text", "meant", "warned"), MEANT)
def test_a_document_means_this_label(
    text: str, meant: DraftLabel, warned: tuple[LabelWarningCode, ...]
) -> None:
    taken = read(text)
    review = taken.label.review_at if meant.review_at is None else meant.review_at
    assert taken.label == meant.model_copy(update={"review_at": review})
    assert tuple(warning.code for warning in taken.warnings) == warned


def test_what_a_document_claims_of_itself_is_kept_apart_from_the_label() -> None:
    taken = read(xml(before='<s:OriginatorID IDType="dNSName">nor.example</s:OriginatorID>'))
    assert taken.originator_id == ("dNSName", "nor.example")
    assert taken.created == CREATED
    assert read(xml()).originator_id is None


def test_a_document_in_utf_16_is_read_too() -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?>' + xml()
    assert read(text.encode("utf-16")).label == read(xml()).label


@pytest.mark.parametrize(
    ("text", "released", "warned"),
    [
        pytest.param(xml(), ("EST", "FIN", "NOR", "POL", "SWE", "USA"), 1, id="a context that has grown"),
        pytest.param(
            xml(category("Context", "NATO"), category("Only", "NORDIC")),
            ("FIN", "NOR", "SWE"),
            1,
            id="a part that has grown within the context",
        ),
        pytest.param(
            xml(category("Context", "KFOR"), category("Only", "IRL", "FIN")),
            ("FIN", "IRL"),
            0,
            id="a nation that has left but is named",
        ),
        pytest.param(
            xml(category("Context", "KFOR", "Releasable"), category("Releasable To", "KFOR", "PACIFIC")),
            ("CHE", "FIN", "POL", "PACIFIC"),
            1,
            id="a group that has only shrunk stays a group",
        ),
    ],
)
def test_who_joined_after_the_document_was_created_is_not_released_to(
    text: str, released: tuple[str, ...], warned: int
) -> None:
    taken = read_label(text.encode(), dated, LATER)
    assert taken.label.releasable_to == released
    assert [warning.code for warning in taken.warnings] == [LabelWarningCode.GROUP_NARROWED] * warned


def test_a_nation_that_joined_later_is_not_in_the_context_of_then() -> None:
    text = xml(category("Context", "NATO"), category("Only", "JPN"))
    with pytest.raises(LabelXmlRefused) as refused:
        read_label(text.encode(), dated, LATER)
    assert refused.value.code.value == "LABEL_XML_ONLY_OUTSIDE_CONTEXT"
