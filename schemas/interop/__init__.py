"""Other people's formats, mapped to our drafts by pure functions."""
