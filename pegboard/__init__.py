"""Pegboard: deploy and administer fiat-pegged tokens."""

__version__ = "0.1.0"
