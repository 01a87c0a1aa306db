"""Recalling messages of ours: stopping what is on its way, asking everybody to withdraw the rest."""
