"""`ape run fx`: see pegboard/cli/fx.py."""

from pegboard.cli.fx import fx as cli  # noqa: F401
