"""`ape run safe`: see pegboard/cli/safe.py."""

from pegboard.cli.safe import safe as cli  # noqa: F401
