"""`ape run freeze`: see pegboard/cli/freeze.py."""

from pegboard.cli.freeze import freeze as cli  # noqa: F401
