"""Safes: what their owners sign, and what they have signed."""
