"""What browsers send becomes a draft: every shape of field, every odd text, and the way back to the page."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas
from console.forms.control import Control
from console.forms.field import Field, Shape
from console.forms.fill import Filler
from console.forms.from_schema import form_of
from console.forms.page_form import page_form
from console.forms.pruned import pruned
from console.forms.submitted import LEVEL, ROW, SHAPE, VARIANT, read_form
from schemas.message import parse_draft
from tests.console.compose.test_fields import DRAFTS, INVENTED

EXAMPLES = Path(schemas.__file__).parent / "examples"
KINDS = [name for name in DRAFTS if name != "acknowledgement"]


class Plain:
    """Words that are the names themselves."""

    def field(self, name: str, title: str) -> str:
        return name

    def code(self, name: str, code: str) -> str:
        return code

    def hint(self, type_name: str, name: str) -> str:
        return ""

    def unit(self, name: str) -> str:
        return ""

    def say(self, key: str, **values: Any) -> str:
        return key

    def group(self, name: str, first: Field) -> str:
        return name


def sent(control: Control, values: dict[str, list[str]]) -> None:
    """What a browser would send of a control."""
    name = control.pointer
    match control.shape:
        case Shape.LIST:
            values[name + ROW] = [str(place) for place in range(len(control.members))]
        case Shape.CHOICE | Shape.CHOICES:
            values[name] = [each.value for each in control.options if each.chosen]
        case Shape.LEVEL:
            owner = name.removesuffix("/classification") if "/label/" in name else name
            values[owner + LEVEL] = [each.value for each in control.options if each.chosen]
        case Shape.UNION:
            values[name + VARIANT] = [each.value for each in control.options if each.chosen]
        case Shape.GEOMETRY:
            values[name + SHAPE] = [each.value for each in control.options if each.chosen]
            values[name] = [control.text]
        case Shape.CHECK:
            values[name] = [control.text] if control.text == "yes" else []
        case Shape.OBJECT:
            pass
        case _:
            values[name] = [control.text.replace("\n", "\r\n")]
    for member in control.members:
        sent(member, values)


def round_trip(form: Field, draft: Any) -> Any:
    made = page_form(form, draft, Filler(Plain()), Plain().group)
    values: dict[str, list[str]] = {"/header/kind": [draft["header"]["kind"]]}
    for control in made.controls():
        sent(control, values)
    if draft.get("tear_lines"):
        values["/tear_lines" + ROW] = [str(place) for place in range(len(draft["tear_lines"]))]
    for place, reference in enumerate(draft["header"].get("references", ())):
        values.setdefault("/header/references" + ROW, []).append(str(place))
        values |= {f"/header/references/{place}/{key}": [value] for key, value in reference.items()}
    submitted = read_form(form, values)
    assert submitted.unreadable == {}
    return pruned(submitted.value)[0]


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_comes_back_from_its_form_as_it_went_in(kind: str) -> None:
    raw = (EXAMPLES / f"{kind.replace('-', '_')}.json").read_bytes()
    draft = json.loads(raw)
    draft["tear_lines"] = [{"label": draft["label"], "subject": "less", "body": draft["body"]}]
    found = round_trip(form_of(DRAFTS[kind]), draft)
    # Rings may have been wound anew, and what a schema assumes anyway is left out: the models judge.
    again = parse_draft(json.dumps(found).encode())
    wanted = parse_draft(json.dumps(round_trip(form_of(DRAFTS[kind]), found)).encode())
    assert again == wanted
    assert again.header == parse_draft(json.dumps(draft).encode()).header
    assert again.label == parse_draft(json.dumps(draft).encode()).label
    assert len(json.dumps(found)) > len(raw) / 2


def test_a_kind_invented_here_can_be_filled_in() -> None:
    body = {
        "station": "N 7",
        "thickness_cm": 40,
        "passable": False,
        "seen_at": "2026-11-22T14:05:00Z",
        "kind_of_ice": "old",
        "colours": ["r", "g"],
        "ships": ["Alpha", "Bravo two"],
        "track": {"type": "LineString", "coordinates": [[24.2, 59.6], [25.1, 59.5]]},
        "by": {"type": "vessel", "draught_m": 6.5},
        "nested": [{"free": ["json"]}],
        "anything": {"a": 1},
        "notes": "one\n\nthree",
    }
    draft = {"header": {"kind": "ice_report", "subject": "ice"}, "label": {}, "body": body}
    assert round_trip(form_of(INVENTED), draft)["body"] == body


READ = form_of(INVENTED)


def read(name: str, *texts: str, **further: str) -> tuple[Any, str]:
    """The value of a field of the invented body, and the reason where it could not be read."""
    values = {f"/body/{name}": list(texts)} | {f"/body/{name}#{key}": [text] for key, text in further.items()}
    submitted = read_form(READ, values)
    bad = submitted.unreadable.get(f"/body/{name}")
    return submitted.value["body"].get(name), bad.reason if bad else ""


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        *(("thickness_cm", "40", 40), ("thickness_cm", " 1 000 ", 1000), ("thickness_cm", "٤٠", 40)),
        *(("thickness_cm", "−3", -3), ("drift_knots", "1.5", 1.5), ("drift_knots", "2", 2)),
        *(("station", "  N 7  ", "N 7"), ("station", "", None), ("passable", "yes", True)),
        *(("notes", "a\r\nb\n ", "a\nb"), ("ships", "Alpha\r\n\r\n Bravo ", ["Alpha", "Bravo"])),
        *(("anything", '{"a": [1]}', {"a": [1]}), ("seen_at", "221405ZNOV26", "2026-11-22T14:05:00Z")),
    ],
)
def test_texts_are_read_as_their_field_asks(name: str, text: str, value: Any) -> None:
    assert read(name, text) == (value, "")


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        *(
            ("thickness_cm", "4.5", "integer"),
            ("thickness_cm", "9,000", "integer"),
            ("drift_knots", "1,5", "number"),
        ),
        *(
            ("drift_knots", "1e5", "number"),
            ("drift_knots", "1.", "number"),
            ("drift_knots", "nan", "number"),
        ),
        *(
            ("thickness_cm", "9" * 40, "integer"),
            ("seen_at", "tomorrow", "moment"),
            ("passable", "maybe", "choice"),
        ),
        *(("anything", "{", "json"), ("anything", '{"a": 1, "a": 2}', "json")),
    ],
)
def test_what_cannot_be_read_is_kept_as_it_was_typed(name: str, text: str, reason: str) -> None:
    submitted = read_form(READ, {f"/body/{name}": [text]})
    assert submitted.unreadable[f"/body/{name}"].text == text
    assert submitted.unreadable[f"/body/{name}"].reason == reason
    assert name not in submitted.value["body"]


def test_codes_of_nations_are_told_apart_however_they_are_written() -> None:
    values = {"/label/releasable_to": ["fin, swe;NATO  fin/EST"]}
    assert read_form(READ, values).value["label"]["releasable_to"] == ["FIN", "SWE", "NATO", "EST"]


def test_rows_keep_their_order_whatever_they_are_called() -> None:
    form = form_of(DRAFTS["threat-alert"])
    values = {
        "/body/areas#row": ["7", "2"],
        "/body/areas/7/description": ["first"],
        "/body/areas/2/description": ["second"],
        "/body/areas/2/altitude_m": ["high"],
    }
    submitted = read_form(form, values)
    assert [area["description"] for area in submitted.value["body"]["areas"]] == ["first", "second"]
    assert list(submitted.unreadable) == ["/body/areas/1/altitude_m"]


def test_rows_of_rows_that_are_named_many_times_are_read_once() -> None:
    """Each is read as often as it is named: of lists in lists, that would be millions."""
    many = ["0"] * 2000
    values = {"/body/areas#row": many, "/body/areas/0/circles#row": many}
    areas = read_form(form_of(DRAFTS["threat-alert"]), values).value["body"]["areas"]
    assert [len(area["circles"]) for area in areas] == [1]


def test_empty_rows_go_and_faults_find_the_way_back() -> None:
    typed = {
        "body": {"areas": [{}, {"circles": [{}]}, {"description": "x", "circles": [{}, {"latitude": 1}]}]}
    }
    draft, where = pruned(typed)
    assert draft == {"body": {"areas": [{"description": "x", "circles": [{"latitude": 1}]}]}}
    assert where("/body/areas/0/circles/0/longitude") == "/body/areas/2/circles/1/longitude"
    assert where("/body/areas/0/description") == "/body/areas/2/description"
    assert where("/header/subject") == "/header/subject"


@given(st.dictionaries(st.text(max_size=30), st.lists(st.text(max_size=40), max_size=3), max_size=8))
def test_no_form_breaks_the_reading(values: dict[str, list[str]]) -> None:
    submitted = read_form(form_of(DRAFTS["threat-alert"]), values)
    assert set(submitted.value) <= {"header", "label", "body", "tear_lines", "confirm_narrowing"}


@given(
    st.sampled_from(sorted({"/body/areas/0/geometry", "/body/onset", "/body/areas/0/altitude_m"})), st.text()
)
def test_no_text_breaks_a_field(pointer: str, text: str) -> None:
    values = {"/body/areas#row": ["0"], pointer: [text], pointer + SHAPE: ["Polygon"]}
    submitted = read_form(form_of(DRAFTS["threat-alert"]), values)
    filler = Filler(Plain(), submitted.unreadable)
    made = page_form(form_of(DRAFTS["threat-alert"]), submitted.value, filler, Plain().group)
    control = next(each for top in made.controls() for each in top.walk() if each.pointer == pointer)
    if pointer in submitted.unreadable:
        assert control.text == text.replace("\r\n", "\n").replace("\r", "\n")
        assert control.faults
