"""Receipts: what we owe partners, what they sign for us, and what is overdue."""
