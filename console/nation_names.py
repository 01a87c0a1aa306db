"""Nations' names: as the page's language has them, else as the realm's registry says."""

from functools import cache

import pycountry
from babel import Locale


@cache
def territories(language: str) -> dict[str, str]:
    """Every nation of ISO 3166-1 by its code, in a language, else in English."""
    known = Locale.parse(language).territories
    return {each.alpha_3: str(known.get(each.alpha_2) or each.name) for each in pycountry.countries}


def nation_name(code: str, registered: str, language: str) -> str:
    """What a nation is called; ``registered`` for a code that ISO 3166-1 does not have."""
    return territories(language).get(code, registered)
