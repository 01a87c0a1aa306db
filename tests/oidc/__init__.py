"""Signing in at an identity provider: a real one, and one of ours that does everything wrong."""
