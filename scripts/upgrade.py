"""`ape run upgrade`: see pegboard/cli/upgrade.py."""

from pegboard.cli.upgrade import upgrade as cli  # noqa: F401
