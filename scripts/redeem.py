"""`ape run redeem`: see pegboard/cli/redeem.py."""

from pegboard.cli.redeem import redeem as cli  # noqa: F401
