"""Every language says everything: the same keys, plurals by the language's own rules, the same holes."""

import re
from pathlib import Path

import pytest

from console.nation_names import nation_name
from console.wording import CATEGORIES, FALLBACK, LANGUAGES, Sentence, Wordings, read_catalogue

CONSOLE = Path(__file__).resolve().parents[2] / "console"
ENGLISH = read_catalogue(FALLBACK)
WORDINGS = Wordings()
HOLE = re.compile(r"\{([^}]*)\}")
IN_TEMPLATE = re.compile(r"""(?<![\w.])t\(\s*"([a-z_]+\.[A-Za-z0-9_.-]+)"\s*[,)]""")
IN_SCRIPT = re.compile(r"""(?<![\w.])t\(\s*["']([a-z_]+\.[A-Za-z0-9_.-]+)["']\s*[,)]""")

OTHERS = [language for language in LANGUAGES if language != FALLBACK]


def holes(sentence: str) -> set[str]:
    return set(HOLE.findall(sentence))


def variants(sentence: Sentence) -> dict[str, str]:
    return sentence if isinstance(sentence, dict) else {"other": sentence}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_every_sentence_that_english_has_and_no_other(language: str) -> None:
    found = read_catalogue(language)
    assert sorted(set(ENGLISH) - set(found)) == [], "missing"
    assert sorted(set(found) - set(ENGLISH)) == [], "left over"


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_have_every_category_of_the_language(language: str) -> None:
    rules = WORDINGS.of(language).locale.plural_form
    wanted = {*rules.tags, "other"}
    wrong = {
        key: sorted(set(sentence) ^ wanted)
        for key, sentence in read_catalogue(language).items()
        if isinstance(sentence, dict) and set(sentence) != wanted
    }
    assert not wrong, wrong
    assert wanted <= CATEGORIES


@pytest.mark.parametrize("language", OTHERS)
def test_sentences_have_the_same_holes_in_every_language(language: str) -> None:
    """A form for one or two things may say the number in words; nothing else may be left out or added."""
    wrong = []
    for key, sentence in read_catalogue(language).items():
        if key not in ENGLISH:
            continue
        if isinstance(sentence, dict) != isinstance(ENGLISH[key], dict):
            wrong.append(key)
            continue
        wanted = holes(variants(ENGLISH[key])["other"])
        for category, text in variants(sentence).items():
            may_lack = {"n"} if category in ("zero", "one", "two") else set()
            if not (wanted - may_lack <= holes(text) <= wanted):
                wrong.append(f"{key} ({category})")
    assert not wrong, wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty_or_carries_what_would_have_to_be_made_visible(language: str) -> None:
    from console.visible import visible

    wrong = [
        key
        for key, sentence in read_catalogue(language).items()
        for text in variants(sentence).values()
        if not text.strip() or text != text.strip() or visible(text) != text
    ]
    assert not wrong, wrong


def test_every_key_that_a_template_or_route_names_is_there() -> None:
    places = [*CONSOLE.glob("templates/**/*.html"), *CONSOLE.glob("**/*.py")]
    missing = [
        f"{path.name}: {key}"
        for path in places
        for key in IN_TEMPLATE.findall(path.read_text(encoding="utf-8"))
        if key not in ENGLISH
    ]
    assert not missing, missing


def test_every_key_that_a_script_names_is_among_the_live_ones() -> None:
    missing = [
        f"{path.name}: {key}"
        for path in CONSOLE.glob("static/js/**/*.js")
        for key in IN_SCRIPT.findall(path.read_text(encoding="utf-8"))
        if key not in ENGLISH or key.split(".")[1] != "live"
    ]
    assert not missing, missing


@pytest.mark.parametrize(
    ("language", "counts", "words"),
    [
        ("en", (1, 2, 5), ("1 second", "2 seconds", "5 seconds")),
        ("fr", (0, 1, 2), ("0 seconde", "1 seconde", "2 secondes")),
        ("de", (1, 2, 1234), ("1 Sekunde", "2 Sekunden", "1.234 Sekunden")),
        ("pl", (1, 3, 5, 22), ("1 sekundę", "3 sekundy", "5 sekund", "22 sekundy")),
        ("ar", (1, 2, 7, 30), ("ثانية واحدة", "ثانيتين", "7 ثوانٍ", "30 ثانية")),
    ],
)
def test_the_number_chooses_the_plural(
    language: str, counts: tuple[int, ...], words: tuple[str, ...]
) -> None:
    for count, wanted in zip(counts, words, strict=True):
        assert wanted in WORDINGS.of(language).t("states.wait", n=count)


@pytest.mark.parametrize(
    ("wanted", "header", "language"),
    [
        ("", "pl-PL,pl;q=0.9,en;q=0.5", "pl"),
        ("", "es, de;q=0.8, fr;q=0.9", "fr"),
        ("", "fr;q=0, ar;q=0.1", "ar"),
        ("de", "pl", "de"),
        ("xx", "zz, ;;q=, de;q=oh", "en"),
        ("", None, "en"),
    ],
)
def test_the_choice_comes_before_what_the_browser_asks_for(
    wanted: str, header: str | None, language: str
) -> None:
    assert WORDINGS.chosen(wanted, header).language == language


def test_nations_are_named_in_the_language_of_the_page_and_others_as_the_registry_says() -> None:
    assert nation_name("EST", "Estonia (registry)", "de") == "Estland"
    assert nation_name("EST", "Estonia (registry)", "ar") == "إستونيا"
    assert nation_name("XAA", "Aldoria", "de") == "Aldoria"
    assert nation_name("NORDIC", "Nordic community", "pl") == "Nordic community"


def test_a_number_has_the_decimals_that_are_wanted_as_the_language_writes_them() -> None:
    assert [Wordings().of(language).fixed(1.5, 2) for language in ("en", "de", "ar")] == [
        "1.50",
        "1,50",
        "1.50",
    ]
