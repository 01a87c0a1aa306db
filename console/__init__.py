"""The operator console: pages for people at their own nation's gateway. It decides and keeps nothing."""
