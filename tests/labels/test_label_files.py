"""Other people's labels, file by file: taken or refused and why, and their markings held against ours.

The files follow a draft of 2015 (no CreationDateTime, no ReviewDateTime, ``URL`` for ``URI``), so every one
is refused. With what the draft lacks put in they are read, and say what their authors say they say.
"""

import json
from datetime import datetime

import pycountry
import pytest
from lxml import etree

from schemas.interop.stanag4774 import LabelWarningCode, LabelXmlRefused, read_label
from schemas.label import DraftLabel
from schemas.markings import markings
from tests.labels.label_cases import CREATED, NS, label
from tests.shared_data import absent_reason, find_shared_data, shared_data

pytestmark = pytest.mark.skipif(find_shared_data("labels") is None, reason=absent_reason("labels"))

MEMBERS = {name: frozenset(("BEL",)) for name in ("NATO", "ISAF", "KFOR", "RESOLUTE-SUPPORT")}


def always(_: datetime) -> dict[str, frozenset[str]]:
    """Membership that never changed."""
    return MEMBERS


ROOT = "/originatorConfidentialityLabel"

FILES = {
    "SOURCES.md": ("LABEL_XML_MALFORMED", "/"),
    "expected-markings.json": ("LABEL_XML_MALFORMED", "/"),
    "nato-4774-17-1.4774.xml": ("LABEL_XML_ELEMENT_MISSING", f"{ROOT}/CreationDateTime"),
    "nato-4774-17-2.4774.xml": ("LABEL_XML_ELEMENT_MISSING", f"{ROOT}/CreationDateTime"),
    "nato-4774-17-3.4774.xml": ("LABEL_XML_ELEMENT_MISSING", f"{ROOT}/CreationDateTime"),
    "nato-4774-17-4.4774.xml": ("LABEL_XML_ELEMENT_MISSING", f"{ROOT}/CreationDateTime"),
    # Another project's format of numbers, and policy files: no labels of the standard.
    "nato-4774-17-1.spiffy.xml": ("LABEL_XML_NOT_A_LABEL", "/label"),
    "nato-4774-17-2.spiffy.xml": ("LABEL_XML_NOT_A_LABEL", "/label"),
    "nato-4774-17-3.spiffy.xml": ("LABEL_XML_NOT_A_LABEL", "/label"),
    "nato-4774-17-4.spiffy.xml": ("LABEL_XML_NOT_A_LABEL", "/label"),
    "nato-4774-policy.spif.xml": ("LABEL_XML_TOO_LARGE", "/"),
    "tlp.xml": ("LABEL_XML_NOT_A_LABEL", "/SPIF"),
    "tlpx-green-sh-na.xml": ("LABEL_XML_NOT_A_LABEL", "/label"),
}

COMPLETED: dict[str, tuple[DraftLabel, tuple[LabelWarningCode, ...]]] = {
    "nato-4774-17-1": (label("NATO", "NATO UNCLASSIFIED", "ISAF", "KFOR", "NATO", "RESOLUTE-SUPPORT"), ()),
    "nato-4774-17-2": (label("NATO", "NATO UNCLASSIFIED", "NATO"), ()),
    "nato-4774-17-3": (
        label("NATO", "NATO UNCLASSIFIED", "NATO"),
        (LabelWarningCode.INFORMATIVE_IGNORED,),
    ),
    "nato-4774-17-4": (label("NATO", "NATO RESTRICTED", "CHE", "JPN", "UKR", "NATO"), ()),
}


def completed(name: str) -> bytes:
    """A file with a time of creation, a review date and the attribute's name of today."""
    root = etree.fromstring(shared_data("labels", f"{name}.4774.xml").read_bytes())
    root.set("ReviewDateTime", "2031-03-01T00:00:00Z")
    etree.SubElement(root, f"{{{NS}}}CreationDateTime").text = "2026-03-01T00:00:00Z"
    for policy in root.iter(f"{{{NS}}}PolicyIdentifier"):
        if (uri := policy.get("URL")) is not None:
            policy.set("URI", uri)
            del policy.attrib["URL"]
    return etree.tostring(root)


def test_every_file_is_in_the_table() -> None:
    assert {path.name for path in shared_data("labels").iterdir()} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_file_is_refused(name: str) -> None:
    with pytest.raises(LabelXmlRefused) as refused:
        read_label(shared_data("labels", name).read_bytes(), always, CREATED)
    assert (refused.value.code.value, refused.value.path) == FILES[name]


@pytest.mark.parametrize("name", COMPLETED)
def test_file_is_read_once_it_has_what_the_draft_lacked(name: str) -> None:
    expected, warned = COMPLETED[name]
    read = read_label(completed(name), always, CREATED)
    assert read.label.model_copy(update={"review_at": None}) == expected
    assert tuple(warning.code for warning in read.warnings) == warned


@pytest.mark.parametrize("name", COMPLETED)
def test_its_marking_is_the_expected_one_but_for_names(name: str) -> None:
    """We write codes for the policy file's English names, and no handling information (``- STAFF``)."""
    listed = json.loads(shared_data("labels", "expected-markings.json").read_bytes())
    [theirs] = [
        each["label-marking"] for each in listed if each["label"] == f"{name}.xml" and _english(each)
    ][:1]
    ours = markings(read_label(completed(name), always, CREATED).label).banner
    head, _, names = theirs.removesuffix(" - STAFF").partition(" Releasable to ")
    codes = sorted(map(_code, names.split(", ") if names else ()), key=lambda code: (len(code) > 3, code))
    assert ours == (f"{head} Releasable to {', '.join(codes)}" if codes else head)


def _english(listed: dict[str, str]) -> bool:
    return not listed.get("xml:lang", "en").startswith("fr")


def _code(name: str) -> str:
    found = pycountry.countries.get(name=name)
    return found.alpha_3 if found else name.replace(" ", "-")
