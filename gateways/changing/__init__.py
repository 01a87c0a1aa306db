"""Update, correct, supersede, cancel: what takes the place of our own publications."""
