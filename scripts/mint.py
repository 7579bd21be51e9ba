"""`ape run mint`: see pegboard/cli/mint.py."""

from pegboard.cli.mint import mint as cli  # noqa: F401
