"""For every test: hypothesis without its per-example deadline (a busy machine is slow, not wrong)."""

from hypothesis import settings

settings.register_profile("entente", deadline=None, database=None)
settings.load_profile("entente")
