"""`entente drill load`: traffic at a set rate through a realm, and what it took."""
