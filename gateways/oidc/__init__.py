"""Operators who sign in at the nation's identity provider: OpenID Connect, authorization code flow."""
