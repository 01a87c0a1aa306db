"""Labels in: what a document means, what is refused and where, and nothing wider than the text."""

import pytest

from schemas.interop.stanag4774 import (
    LabelWarningCode,
    ReadLabel,
    read_label,
)
from schemas.label import DraftLabel
from tests.labels.label_cases import CREATED, MEMBERS, xml
from tests.labels.label_documents import MEANT


def read(text: str | bytes) -> ReadLabel:
    return read_label(text.encode() if isinstance(text, str) else text, MEMBERS)


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
