"""Categories that are refused, each with its place."""

import pytest

from tests.labels.label_cases import category, xml
from tests.labels.refusing import assert_refused

ROOT = "/originatorConfidentialityLabel"
INFO = f"{ROOT}/ConfidentialityInformation"
OTHER = "<s:PolicyIdentifier>SWE</s:PolicyIdentifier>"
RT = category("Releasable To", "NATO", "JPN")

REFUSED = [
    ("no context", xml(category("Only", "FIN")), "CONTEXT_INVALID", INFO),
    ("two contexts", xml(category("Context", "NATO", "KFOR")), "CONTEXT_INVALID", f"{INFO}/Category[1]"),
    ("only Releasable", xml(category("Context", "Releasable")), "CONTEXT_INVALID", f"{INFO}/Category[1]"),
    (
        "an unknown context",
        xml(category("Context", "NORDIC")),
        "CONTEXT_INVALID",
        f"{INFO}/Category[1]/GenericValue[1]",
    ),
    (
        "a context that the realm does not know",
        xml(category("Context", "ISAF")),
        "VALUE_UNKNOWN",
        f"{INFO}/Category[1]/GenericValue[1]",
    ),
    (
        "Releasable without Releasable To",
        xml(category("Context", "NATO", "Releasable")),
        "RELEASABLE_INVALID",
        f"{INFO}/Category[1]",
    ),
    (
        "Releasable To without Releasable",
        xml(category("Context", "NATO"), RT),
        "RELEASABLE_INVALID",
        f"{INFO}/Category[2]",
    ),
    (
        "Releasable To that does not repeat the context",
        xml(category("Context", "NATO", "Releasable"), category("Releasable To", "JPN")),
        "RELEASABLE_INVALID",
        f"{INFO}/Category[2]",
    ),
    (
        "Releasable To that adds nobody",
        xml(category("Context", "NATO", "Releasable"), category("Releasable To", "NATO")),
        "RELEASABLE_INVALID",
        f"{INFO}/Category[2]",
    ),
    (
        "an unknown nation",
        xml(category("Context", "NATO", "Releasable"), category("Releasable To", "NATO", "FYR")),
        "VALUE_UNKNOWN",
        f"{INFO}/Category[2]/GenericValue[2]",
    ),
    (
        "Only with a nation outside the context",
        xml(category("Context", "NATO"), category("Only", "FIN", "JPN")),
        "ONLY_OUTSIDE_CONTEXT",
        f"{INFO}/Category[2]/GenericValue[2]",
    ),
    (
        "Only with a group outside the context",
        xml(category("Context", "NATO"), category("Only", "PACIFIC")),
        "ONLY_OUTSIDE_CONTEXT",
        f"{INFO}/Category[2]/GenericValue[1]",
    ),
    (
        "a value twice",
        xml(category("Context", "NATO"), category("Only", "FIN", "fin")),
        "VALUE_REPEATED",
        f"{INFO}/Category[2]/GenericValue[2]",
    ),
    (
        "a tag twice",
        xml(category("Context", "NATO"), category("Only", "FIN"), category("only", "SWE")),
        "TAG_REPEATED",
        f"{INFO}/Category[3]",
    ),
    (
        "a tag in another case",
        xml(category("Context", "NATO"), category("only", "SWE")),
        "TAG_UNKNOWN",
        f"{INFO}/Category[2]",
    ),
    (
        "a known tag in another case as information",
        xml(category("Context", "NATO"), category("only", "SWE", kind="INFORMATIVE")),
        "TAG_UNKNOWN",
        f"{INFO}/Category[2]",
    ),
    (
        "an unknown tag that restricts",
        xml(category("Context", "NATO"), category("Compartment", "X", kind="RESTRICTIVE")),
        "TAG_UNKNOWN",
        f"{INFO}/Category[2]",
    ),
    (
        "an unknown tag that permits",
        xml(category("Context", "NATO"), category("Compartment", "X")),
        "TAG_UNKNOWN",
        f"{INFO}/Category[2]",
    ),
    (
        "a tag of the NATO policy under another",
        xml(category("Context", "NATO"), policy=OTHER),
        "TAG_UNKNOWN",
        f"{INFO}/Category[1]",
    ),
    (
        "a restrictive tag as information",
        xml(category("Context", "NATO"), category("Additional Sensitivity", "ATOMAL", kind="INFORMATIVE")),
        "TAG_TYPE",
        f"{INFO}/Category[2]",
    ),
    (
        "an unknown type",
        xml(category("Context", "NATO"), category("Only", "FIN", kind="permissive")),
        "TAG_TYPE",
        f"{INFO}/Category[2]",
    ),
    ("no type", xml('<s:Category TagName="Context"/>'), "ATTRIBUTE_INVALID", f"{INFO}/Category[1]"),
    ("no tag name", xml('<s:Category Type="PERMISSIVE"/>'), "ATTRIBUTE_INVALID", f"{INFO}/Category[1]"),
    ("no value", xml(category("Context")), "ELEMENT_MISSING", f"{INFO}/Category[1]"),
    (
        "an empty value",
        xml(category("Context", "NATO"), category("Additional Sensitivity", "", kind="RESTRICTIVE")),
        "TEXT_INVALID",
        f"{INFO}/Category[2]/GenericValue[1]",
    ),
    (
        "an integer",
        xml('<s:Category Type="PERMISSIVE" TagName="Only"><s:IntegerValue>1</s:IntegerValue></s:Category>'),
        "VALUE_TYPE",
        f"{INFO}/Category[1]/IntegerValue",
    ),
    (
        "a bit string",
        xml(
            '<s:Category Type="PERMISSIVE" TagName="Only"><s:BitStringValue>1</s:BitStringValue></s:Category>'
        ),
        "VALUE_TYPE",
        f"{INFO}/Category[1]/BitStringValue",
    ),
    (
        "another tag's identifier",
        xml(category("Context", "NATO", more=' URI="urn:oid:1.3.26.1.4.5"')),
        "URI_CONFLICT",
        f"{INFO}/Category[1]",
    ),
    (
        "administration of what is classified",
        xml(category("Context", "NATO"), category("Administrative", "STAFF", kind="INFORMATIVE")),
        "VALUE_UNKNOWN",
        f"{INFO}/Category[2]",
    ),
    (
        "more than a label carries",
        xml(
            category("Context", "NATO"),
            category("Additional Sensitivity", *map(str, range(33)), kind="RESTRICTIVE"),
        ),
        "DRAFT_INVALID",
        ROOT,
    ),
]


@pytest.mark.parametrize(("text", "code", "path"), [pytest.param(*rest, id=name) for name, *rest in REFUSED])
def test_what_is_not_understood_is_refused_with_its_place(text: str | bytes, code: str, path: str) -> None:
    assert_refused(text, code, path)
