"""Messages in plain words: pure, from a message and its kind's JSON Schema to sections that a page shows."""
