"""`ape run expel`: see pegboard/cli/expel.py."""

from pegboard.cli.expel import expel as cli  # noqa: F401
