"""Documents, roots, policies and extensions that are refused, each with its place."""

import pytest

from schemas.interop.stanag4774 import MAX_LABEL_BYTES
from tests.labels.label_cases import category, xml
from tests.labels.refusing import assert_refused

ROOT = "/originatorConfidentialityLabel"
INFO = f"{ROOT}/ConfidentialityInformation"
OTHER = "<s:PolicyIdentifier>SWE</s:PolicyIdentifier>"

REFUSED = [
    ("a document type", xml(prolog="<!DOCTYPE a>"), "DOCTYPE", "/"),
    ("an entity", xml(prolog='<!DOCTYPE a [<!ENTITY x "NATO">]>'), "DOCTYPE", "/"),
    ("an undefined entity", xml(category("Context", "&x;")), "MALFORMED", "/"),
    ("a processing instruction", xml(prolog="<?x y?>"), "FORBIDDEN", "/"),
    ("a processing instruction inside", xml(before="<?x y?>"), "FORBIDDEN", "/"),
    (
        "an inclusion",
        xml(before='<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'),
        "FORBIDDEN",
        "/",
    ),
    ("too large", xml(before=f"<!--{' ' * MAX_LABEL_BYTES}-->"), "TOO_LARGE", "/"),
    ("too deep", xml(mark="<s:a>" * 40 + "</s:a>" * 40), "TOO_DEEP", "/"),
    ("wrong bytes", b"\xff\xfe\x00", "ENCODING", "/"),
    ("not closed", xml()[:-3], "MALFORMED", "/"),
    ("nothing", "", "MALFORMED", "/"),
    ("another namespace", xml(namespace="urn:nato:stanag:4774:label:1:0"), "NOT_A_LABEL", ROOT),
    ("a namespace with a space", xml(namespace=" urn:x"), "MALFORMED", "/"),
    ("no namespace", "<originatorConfidentialityLabel/>", "NOT_A_LABEL", ROOT),
    ("another case", xml(root="OriginatorConfidentialityLabel"), "NOT_A_LABEL", "/Originator"),
    ("an alternative label", xml(root="alternativeConfidentialityLabel"), "NOT_ORIGINATOR", "/alternative"),
    ("a label of metadata", xml(root="metadataConfidentialityLabel"), "NOT_ORIGINATOR", "/metadata"),
    ("a legacy label", xml(root="ConfidentialityLabel"), "NOT_ORIGINATOR", "/Confidentiality"),
    ("an unknown attribute", xml(attributes='ReviewDate="2031"'), "ATTRIBUTE_INVALID", ROOT),
    ("an Id that is none", xml(attributes='Id="1 2"'), "ATTRIBUTE_INVALID", ROOT),
    ("no review date", xml(attributes=""), "REVIEW_MISSING", ROOT),
    ("a review date without offset", xml(attributes='ReviewDateTime="2031-03-01T00:00:00"'), "TIME", ROOT),
    ("a review date that is none", xml(attributes='ReviewDateTime="2031-02-30T00:00:00Z"'), "TIME", ROOT),
    ("a time before all", xml(attributes='ReviewDateTime="0001-01-01T00:00:00+01:00"'), "TIME", ROOT),
    ("no creation time", xml(created=""), "ELEMENT_MISSING", f"{ROOT}/CreationDateTime"),
    (
        "a creation time that is none",
        xml(created="<s:CreationDateTime>now</s:CreationDateTime>"),
        "TIME_INVALID",
        f"{ROOT}/CreationDateTime",
    ),
    (
        "a successor",
        xml(after="<s:SuccessionHandling/>"),
        "SUCCESSION",
        f"{ROOT}/SuccessionHandling",
    ),
    (
        "an unknown type of originator",
        xml(before='<s:OriginatorID IDType="x">y</s:OriginatorID>'),
        "ATTRIBUTE_INVALID",
        f"{ROOT}/OriginatorID",
    ),
    (
        "an originator after the time",
        xml(after='<s:OriginatorID IDType="jID">y</s:OriginatorID>'),
        "ELEMENT_ORDER",
        f"{ROOT}/OriginatorID",
    ),
    ("an unknown extension", xml(after='<x:caveat xmlns:x="urn:x"/>'), "EXTENSION_UNKNOWN", ROOT),
    ("an extension before the end", xml(before="<e:Handling/>"), "EXTENSION_UNKNOWN", ROOT),
    ("an unknown element", xml(after="<s:Caveat/>"), "ELEMENT_UNKNOWN", ROOT),
    ("loose text", xml(after="NATO"), "TEXT_INVALID", ROOT),
    (
        "the draft's attribute URL",
        xml(policy='<s:PolicyIdentifier URL="urn:oid:1.3.26.1.3.1">NATO</s:PolicyIdentifier>'),
        "ATTRIBUTE_INVALID",
        f"{INFO}/PolicyIdentifier",
    ),
    (
        "another policy's identifier",
        xml(policy='<s:PolicyIdentifier URI="urn:oid:1.2.3">NATO</s:PolicyIdentifier>'),
        "URI_CONFLICT",
        f"{INFO}/PolicyIdentifier",
    ),
    (
        "NATO's identifier with another name",
        xml(policy='<s:PolicyIdentifier URI="urn:oid:1.3.26.1.3.1">SWE</s:PolicyIdentifier>'),
        "URI_CONFLICT",
        f"{INFO}/PolicyIdentifier",
    ),
    (
        "an identifier that is none",
        xml(policy='<s:PolicyIdentifier URI="NATO">NATO</s:PolicyIdentifier>'),
        "ATTRIBUTE_INVALID",
        f"{INFO}/PolicyIdentifier",
    ),
    (
        "a comment within a value",
        xml(policy="<s:PolicyIdentifier>SWE<!-- -->X</s:PolicyIdentifier>"),
        "TEXT_INVALID",
        f"{INFO}/PolicyIdentifier",
    ),
    (
        "two policies",
        xml(policy=OTHER + OTHER),
        "ELEMENT_REPEATED",
        f"{INFO}/PolicyIdentifier",
    ),
    (
        "an empty policy",
        xml(policy="<s:PolicyIdentifier> </s:PolicyIdentifier>"),
        "TEXT_INVALID",
        f"{INFO}/PolicyIdentifier",
    ),
    (
        "a level that is displayed, not registered",
        xml(level="<s:Classification>NATO SECRET</s:Classification>"),
        "CLASSIFICATION_UNKNOWN",
        f"{INFO}/Classification",
    ),
    (
        "a level with an identifier",
        xml(level='<s:Classification URI="urn:oid:1.2">SECRET</s:Classification>'),
        "ATTRIBUTE_INVALID",
        f"{INFO}/Classification",
    ),
    (
        "a level that folds only outside ASCII",
        xml(level="<s:Classification>\u017fECRET</s:Classification>"),
        "CLASSIFICATION_UNKNOWN",
        f"{INFO}/Classification",
    ),
    (
        "a direction override",
        xml(level="<s:Classification>SECRET\u202e</s:Classification>"),
        "TEXT_INVALID",
        f"{INFO}/Classification",
    ),
    (
        "elements within a privacy mark",
        xml(mark="<s:PrivacyMark><s:x/></s:PrivacyMark>"),
        "TEXT_INVALID",
        f"{INFO}/PrivacyMark",
    ),
    (
        "an unknown member of our extension",
        xml(after="<e:Handling><e:Loud/></e:Handling>"),
        "ELEMENT_UNKNOWN",
        f"{ROOT}/Handling",
    ),
    (
        "our extension twice",
        xml(after="<e:Handling/><e:Handling/>"),
        "EXTENSION_UNKNOWN",
        ROOT,
    ),
    (
        "display only to nobody known",
        xml(after="<e:Handling><e:DisplayOnlyTo><e:Value>QQQ</e:Value></e:DisplayOnlyTo></e:Handling>"),
        "VALUE_UNKNOWN",
        f"{ROOT}/Handling/DisplayOnlyTo/Value[1]",
    ),
]


@pytest.mark.parametrize(("text", "code", "path"), [pytest.param(*rest, id=name) for name, *rest in REFUSED])
def test_what_is_not_understood_is_refused_with_its_place(text: str | bytes, code: str, path: str) -> None:
    assert_refused(text, code, path)
