"""Tests that a reviewer found missing: each was seen to fail with the code it guards broken."""
