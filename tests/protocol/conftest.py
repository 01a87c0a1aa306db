"""Hypothesis without its per-example deadline: cryptography on a busy machine is slow, not wrong."""

from hypothesis import settings

settings.register_profile("entente-protocol", deadline=None)
settings.load_profile("entente-protocol")
