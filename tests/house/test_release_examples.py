"""What docs/release.md shows in boxes is what the code does."""

import re

import pytest

from bus.protocol.explanation import RULES
from tests.house.release_examples import PAGE, Page

TEXT = PAGE.read_text(encoding="utf-8")
READ = Page(TEXT)


def test_every_box_of_yaml_is_tried() -> None:
    assert len(READ.realms) + len(READ.examples) == TEXT.count("```yaml")
    assert READ.examples


@pytest.mark.parametrize("name", list(READ.examples))
def test_an_example_comes_out_as_the_page_says(name: str) -> None:
    READ.check(READ.examples[name])


def test_every_realm_is_used_and_every_example_shows_something() -> None:
    assert {example.realm for example in READ.examples.values()} == READ.realms.keys()
    for example in READ.examples.values():
        assert example.expected or example.gets or example.refused or example.reads


def test_the_rules_stand_on_the_page_in_the_order_in_which_they_are_asked() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \| (.+?) \|", TEXT, re.MULTILINE)
    assert listed == list(RULES.items())
