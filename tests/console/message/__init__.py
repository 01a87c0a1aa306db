"""The message page: rendering in plain words, its states, its actions."""
