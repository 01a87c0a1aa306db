"""An alert that refers to more alerts than one message may change: the first are kept, and that is said."""

import httpx
import pytest

from entente.cap_publication import EarlierAlerts, cap_options, read_parts
from schemas.header import MAX_CHANGES
from tests.cap.alert_xml import alert_xml


def earlier(request: httpx.Request) -> httpx.Response:
    """A gateway where every alert became a publication of its own."""
    if request.url.path == "/v1/messages":
        number = int(request.url.params["source_id"].split(",")[1].removeprefix("surge-"))
        return httpx.Response(
            200,
            json={
                "items": [
                    {
                        "publication_id": str(number),
                        "current": str(number),
                        "message_id": f"01890000-0000-7000-8000-{number:012}",
                        "digest": f"sha256:{number:064}",
                        "mode": "EXERCISE",
                        "exercise_id": "SURGE 31",
                    }
                ]
            },
        )
    return httpx.Response(200, json={"message": {"header": {"originator": "XAA"}}})


def test_of_too_many_references_the_first_are_kept_and_that_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = " ".join(
        f"warnings@met.example,surge-{number},2031-03-01T08:00:00+00:00" for number in range(MAX_CHANGES + 2)
    )
    update = {
        "identifier": "surge-99",
        "sent": "2031-03-01T10:00:00+01:00",
        "msgType": "Update",
        "references": named,
    }
    (part,) = read_parts("alert.cap", alert_xml(update).encode(), cap_options("SURGE 31", None, True))
    with httpx.Client(transport=httpx.MockTransport(earlier), base_url="http://gateway") as client:
        references = EarlierAlerts(client).references(part)
    assert [int(each.message_id[-12:]) for each in references] == list(range(MAX_CHANGES))
    assert (
        f"refers to {MAX_CHANGES + 2} messages; {MAX_CHANGES} references are kept" in capsys.readouterr().err
    )
    part.draft.header(references=references)
