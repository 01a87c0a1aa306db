"""What a person types is read as they mean it, or refused with the place and what would be understood."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.protocol.search_values import readers
from bus.protocol.traffic_query import WORDS, Field, Phrase, Query, SearchNotUnderstood, Term
from bus.protocol.traffic_search import MOST_CHARACTERS, MOST_TERMS, parse_search

NOW = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
ID = "01890000-0000-7000-8000-0000000000ab"


def one(text: str) -> Term:
    (term,) = parse_search(text, NOW).terms
    return term


@pytest.mark.parametrize(
    ("text", "field", "values"),
    [
        ("bridge", Field.TEXT, (Phrase("bridge"),)),
        ("bridg*", Field.TEXT, (Phrase("bridg", prefix=True),)),
        ('"bridge is out"', Field.TEXT, (Phrase("bridge is out"),)),
        ('"bridg*"', Field.TEXT, (Phrase("bridg*"),)),
        ("a,b", Field.TEXT, (Phrase("a,b"),)),
        ("12:30", Field.TEXT, (Phrase("12:30"),)),
        (ID.upper(), Field.ID, (ID,)),
        ("from:nor", Field.FROM, ("NOR",)),
        ("FROM:nor,POL", Field.FROM, ("NOR", "POL")),
        ("to:nordic", Field.TO, ("NORDIC",)),
        ("rel:pol", Field.REL, ("POL",)),
        ("type:rfi,alert", Field.TYPE, ("information_request", "threat_alert")),
        ("prec:z,Immediate", Field.PREC, ("FLASH", "IMMEDIATE")),
        ('label:"NATO SECRET",restricted', Field.LABEL, ("nato secret", "restricted")),
        ("sig:good", Field.SIG, ("good",)),
        ("ack:missing,fin", Field.ACK, ("missing", "FIN")),
        ('subj:"ice road",bridge', Field.SUBJ, (Phrase("ice road"), Phrase("bridge"))),
        ("id:01890000", Field.ID, ("01890000",)),
        (f"ref:{ID}", Field.REF, (Phrase(ID),)),
        ("mode:op,EXERCISE", Field.MODE, ("OPERATION", "EXERCISE")),
        ('ex:"steady 26"', Field.EX, ("STEADY 26",)),
        ("status:recalled", Field.STATUS, ("RECALLED",)),
        ("dir:in", Field.DIR, ("in",)),
        (
            "is:unread,overdue,expired,mine,awaiting",
            Field.IS,
            ("unread", "overdue", "expired", "mine", "awaiting"),
        ),
        ("after:-15m", Field.AFTER, (NOW - timedelta(minutes=15),)),
        ("before:-2d", Field.BEFORE, (NOW - timedelta(days=2),)),
        ("after:2026-11-20", Field.AFTER, (datetime(2026, 11, 20, tzinfo=UTC),)),
        ("after:2026-11-20T09:30Z", Field.AFTER, (datetime(2026, 11, 20, 9, 30, tzinfo=UTC),)),
        ("after:2026-11-20T09:30+02:00", Field.AFTER, (datetime(2026, 11, 20, 7, 30, tzinfo=UTC),)),
        ("before:200930zNOV26", Field.BEFORE, (datetime(2026, 11, 20, 9, 30, tzinfo=UTC),)),
    ],
)
def test_a_term_is_read_as_it_is_meant(text: str, field: Field, values: tuple[object, ...]) -> None:
    assert one(text) == Term(field, values)  # type: ignore[arg-type]
    assert one(f"-{text}") == Term(field, values, negated=True)  # type: ignore[arg-type]


def test_what_is_said_again_is_looked_up_once() -> None:
    assert parse_search(" ".join(["wor*"] * 39), NOW) == parse_search("wor*", NOW)
    assert len(parse_search("wor* WOR* Wor* prec:flash prec:z", NOW).terms) == 2
    kept = parse_search("wor* wor -wor subj:wor wor*", NOW).terms
    assert [(term.field, term.negated) for term in kept] == [
        (Field.TEXT, False),
        (Field.TEXT, False),
        (Field.TEXT, True),
        (Field.SUBJ, False),
    ], "what differs stays"


def test_terms_stand_side_by_side() -> None:
    query = parse_search('  from:NOR  -prec:R "two words" ', NOW)
    assert query == Query(
        (
            Term(Field.FROM, ("NOR",)),
            Term(Field.PREC, ("ROUTINE",), negated=True),
            Term(Field.TEXT, (Phrase("two words"),)),
        )
    )
    assert parse_search("", NOW) == parse_search(" \t ", NOW) == Query()


@pytest.mark.parametrize(
    ("text", "at", "length", "understood"),
    [
        ("bridge what:ever", 7, 9, "from:"),
        ("from:NORWAY", 5, 6, "a nation's three letters"),
        ("from:NOR,POLAND x", 9, 6, "a nation's three letters"),
        ("from:", 5, 1, "a nation's three letters"),
        ("from:NOR,", 9, 1, "a nation's three letters"),
        ("-type:ship", 6, 4, "alert"),
        ("sig:valid", 4, 5, "revoked"),
        ("after:yesterday", 6, 9, "-15m"),
        ("after:-15", 6, 3, "-15m"),
        ("after:2026-11-20T09:30", 6, 16, "-15m"),
        ("after:-9999d9", 6, 7, "-15m"),
        ("before:320930ZNOV26", 7, 12, "-15m"),
        ("id:0189", 3, 4, "eight or more characters of an id's beginning"),
        (f"ref:{ID[:-1]}", 4, 35, "the whole id of a message"),
        ('bridge "is out', 7, 7, '"'),
        ('"bridge"x', 8, 1, " "),
        ('x"bridge"', 1, 1, " "),
        ("is:open", 3, 4, "unread"),
    ],
)
def test_what_is_not_understood_is_named(text: str, at: int, length: int, understood: str) -> None:
    with pytest.raises(SearchNotUnderstood) as refused:
        parse_search(text, NOW)
    assert (refused.value.at, refused.value.length) == (at, length)
    assert understood in refused.value.understood


@pytest.mark.parametrize("text", ["...", "-", "- x", '""', "*", "subj:--"])
def test_a_word_has_a_letter_or_a_digit(text: str) -> None:
    with pytest.raises(SearchNotUnderstood):
        parse_search(text, NOW)


@pytest.mark.parametrize("text", ["word", '-"two words"', "subj:word", f"-ref:{ID}", "from:NOR word"])
def test_who_sees_no_content_searches_no_words(text: str) -> None:
    with pytest.raises(SearchNotUnderstood) as refused:
        parse_search(text, NOW, content=False)
    assert "from:" in refused.value.understood
    assert "subj:" not in refused.value.understood
    assert parse_search(f"from:NOR {ID}", NOW, content=False).looks_into_messages is False


def test_a_search_is_bounded() -> None:
    with pytest.raises(SearchNotUnderstood):
        parse_search("x" * (MOST_CHARACTERS + 1), NOW)
    with pytest.raises(SearchNotUnderstood):
        parse_search("x " * (MOST_TERMS + 1), NOW)
    words = " ".join(f"x{number}" for number in range(MOST_TERMS))
    assert len(parse_search(words, NOW).terms) == MOST_TERMS


@given(
    st.text(max_size=60)
    | st.from_regex(r'(-?[a-z]{2,5}:("[^"]*"|[^ ]*)(,"?[a-z0-9-]+"?)* ?){1,4}', fullmatch=True)
)
def test_whatever_is_typed_is_read_or_refused_at_a_place_in_it(text: str) -> None:
    for content in (True, False):
        query, refused = _read(text, content)
        if refused is not None:
            assert 0 <= refused.at <= len(text)
            assert refused.length >= 1
        assert all(term.values for term in query.terms)
        assert content or not any(term.field in WORDS for term in query.terms)


def _read(text: str, content: bool) -> tuple[Query, SearchNotUnderstood | None]:
    try:
        return parse_search(text, NOW, content=content), None
    except SearchNotUnderstood as refused:
        return Query(), refused


def test_the_page_on_searching_names_every_field_and_value() -> None:
    page = (Path(__file__).parents[2] / "docs" / "search.md").read_text(encoding="utf-8")
    for field, reader in readers(NOW).items():
        assert f"`{field.value}:`" in page
        if field not in (Field.TYPE, Field.MODE):
            known = [each for each in reader.understood if " " not in each]
            assert [each for each in known if f"`{each}`" not in page] == []
    assert f"at most {MOST_CHARACTERS} characters, {MOST_TERMS} terms" in page


@pytest.mark.parametrize("text", ["a*", "wa*", "x-wa*", "subj:ab*", "-ab*", "é*", "from:XBB ab..*"])
def test_a_beginning_of_most_words_is_refused(text: str) -> None:
    with pytest.raises(SearchNotUnderstood, match="at least 3 letters or digits"):
        parse_search(text, NOW)


@pytest.mark.parametrize("text", ["abc*", "a-bcd*", "水*", "cafe\u0301*", "пло*", "ab", '"ab*"'])
def test_a_beginning_of_few_words_is_understood(text: str) -> None:
    assert len(parse_search(text, NOW).terms) == 1
