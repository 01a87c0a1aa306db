"""Reviewed data that comes with Entente: communities, classification policies, tables of equivalence."""
