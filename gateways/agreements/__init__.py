"""Agreements at run time: papers that come in, this nation's own acts, acts signed anew after a rotation."""
