"""From bundle in the mailbox to message in the inbox."""
