"""Operators: who they are, how a session starts, what a session is, what each role may do (design 9)."""
