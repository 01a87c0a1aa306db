"""The audit log as people read it: what they ask for, and what a record is about. Pure."""
