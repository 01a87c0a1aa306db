"""Tests of the console, most of them in a real browser over a real realm."""
