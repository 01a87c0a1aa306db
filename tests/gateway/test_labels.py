"""Labels at the API: the banner beside a message, STANAG 4774 documents out and in."""

import asyncio
from typing import Any

import pytest
from lxml import etree

from gateways.http import label_views
from gateways.http.api_keys import Scope
from gateways.http.routes import labels
from tests.gateway.drafts import changed, draft
from tests.gateway.running import Gateway, assert_problem, last_seq
from tests.labels.label_cases import NS, category, xml

REALM = "<s:PolicyIdentifier>REALM</s:PolicyIdentifier>"
LEVEL = "<s:Classification>LIMITED</s:Classification>"


def document(*categories: str) -> bytes:
    return xml(*categories, policy=REALM, level=LEVEL).encode()


def read(gateway: Gateway, body: bytes, **headers: str) -> Any:
    return gateway.post("/v1/labels/read", body, **({"Content_Type": "application/xml"} | headers))


def test_a_message_shows_its_banner_on_both_sides(xaa: Gateway, xbb: Gateway) -> None:
    after = last_seq(xbb)
    accepted = xaa.publish(draft()).json()
    [item] = xbb.wait_inbox(after, 1)
    assert item["marking"] == "REALM: LIMITED//REL TO XBB, XCC"
    published = xaa.get(f"/v1/messages/{accepted['publication_id']}").json()
    assert published["marking"] == item["marking"]


def test_the_label_of_a_message_is_the_same_document_on_both_sides(xaa: Gateway, xbb: Gateway) -> None:
    after = last_seq(xbb)
    accepted = xaa.publish(draft()).json()
    [item] = xbb.wait_inbox(after, 1)
    here = xaa.get(f"/v1/messages/{accepted['publication_id']}/label.xml")
    there = xbb.get(f"/v1/inbox/{item['message_id']}/label.xml", params={"originator": "XAA"})
    assert (here.status_code, here.headers["content-type"]) == (200, "application/xml")
    assert here.headers["cache-control"] == "no-store"
    assert here.content == there.content
    root = etree.fromstring(here.content)
    assert root.tag == f"{{{NS}}}originatorConfidentialityLabel"
    assert root.findtext(f"{{{NS}}}OriginatorID") == "urn:entente:nation:XAA"
    taken = read(xbb, there.content)
    assert taken.status_code == 200, taken.text
    assert taken.json() == {
        "label": {
            "policy": "REALM",
            "classification": "LIMITED",
            "releasable_to": ["XBB", "XCC"],
            "display_only_to": [],
            "restrictive": [],
            "originator_controlled": False,
        },
        "marking": "REALM: LIMITED//REL TO XBB, XCC",
        "warnings": [],
    }


def test_a_label_that_was_read_goes_into_a_draft(xaa: Gateway) -> None:
    label = read(xaa, document(category("Releasable To", "XBB"))).json()["label"]
    assert xaa.publish(changed(draft(), "label", to=label)).status_code == 201


def test_what_left_nothing_out_is_told_and_what_did_is_too(xaa: Gateway) -> None:
    taken = read(
        xaa, document(category("Releasable To", "XBB"), category("Colour", "RED", kind="INFORMATIVE"))
    )
    [warning] = taken.json()["warnings"]
    assert (warning["code"], warning["line"]) == ("INFORMATIVE_IGNORED", 1)
    assert warning["path"].endswith("/Category[2]")


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        pytest.param(b"<a>", 400, "LABEL_XML_MALFORMED", "/", id="not XML"),
        pytest.param(b"<!DOCTYPE a><a/>", 400, "LABEL_XML_DOCTYPE", "/", id="a document type"),
        pytest.param(b"<a/>", 422, "LABEL_XML_NOT_A_LABEL", "/a", id="no label"),
        pytest.param(b" " * 65_537, 413, "BODY_TOO_LARGE", None, id="too large"),
        pytest.param(
            document(category("Releasable To", "GHOSTS")),
            422,
            "LABEL_XML_VALUE_UNKNOWN",
            "/originatorConfidentialityLabel/ConfidentialityInformation/Category[1]/GenericValue[1]",
            id="a community of no realm",
        ),
    ],
)
def test_a_document_that_is_no_label_is_a_problem(
    xaa: Gateway, body: bytes, status: int, code: str, pointer: str | None
) -> None:
    problem = assert_problem(read(xaa, body), status, code, pointer)
    assert "GHOSTS" not in str(problem)


def test_a_document_is_not_read_on_the_event_loop(xaa: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    real, reached = label_views.label_read, list[bool]()

    def noted(*given: Any) -> Any:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        reached.append(True)
        return real(*given)

    monkeypatch.setattr(labels, "label_read", noted)
    read(xaa, document())
    assert reached


def test_json_is_no_document(xaa: Gateway) -> None:
    answer = read(xaa, b"{}", Content_Type="application/json")
    assert "application/xml" in assert_problem(answer, 415, "MEDIA_TYPE_UNSUPPORTED")["detail"]


def test_documents_need_their_scopes(xaa: Gateway) -> None:
    nobody = xaa.new_key([Scope.AUDIT_READ])
    accepted = xaa.publish(draft()).json()
    for answer in (
        xaa.get(f"/v1/messages/{accepted['publication_id']}/label.xml", nobody),
        xaa.get(f"/v1/inbox/{accepted['message_id']}/label.xml", nobody),
        xaa.post("/v1/labels/read", b"<a/>", nobody, Content_Type="application/xml"),
    ):
        assert_problem(answer, 403, "SCOPE_MISSING")


def test_no_document_where_there_is_no_message(xaa: Gateway) -> None:
    nothing = "01890a5d-ac96-774b-bcce-b302099a8057"
    assert_problem(xaa.get(f"/v1/inbox/{nothing}/label.xml"), 404, "NOT_FOUND")
    assert_problem(xaa.get(f"/v1/messages/{nothing}/label.xml"), 404, "NOT_FOUND")


def test_a_label_that_the_standard_cannot_say_has_no_document(xaa: Gateway) -> None:
    """The realm has no community NATO: who of the named belongs in Only is not known."""
    label = {"policy": "NATO", "classification": "NATO SECRET", "releasable_to": ["XBB"]}
    accepted = xaa.publish(changed(draft(), "label", to=label)).json()
    answer = xaa.get(f"/v1/messages/{accepted['publication_id']}/label.xml")
    assert_problem(answer, 409, "LABEL_NOT_IN_4774", "/label/releasable_to")


def test_an_equivalent_is_an_alternative_label_beside_the_originators(xaa: Gateway) -> None:
    label = {"policy": "NATO", "classification": "NATO SECRET", "releasable_to": ["XBB"]}
    accepted = xaa.publish(changed(draft(), "label", to=label)).json()
    address = f"/v1/messages/{accepted['publication_id']}/label.xml"
    root = etree.fromstring(xaa.get(address, params={"policy": "SWE"}).content)
    assert root.tag == f"{{{NS}}}alternativeConfidentialityLabel"
    assert [each.text for each in list(root[0])[:2]] == ["SWE", "HEMLIG"]
    answer = xaa.get(address, params={"policy": "REALM"})
    assert_problem(answer, 422, "CLASSIFICATION_UNMAPPED", "/query/policy")
