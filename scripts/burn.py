"""`ape run burn`: see pegboard/cli/burn.py."""

from pegboard.cli.burn import burn as cli  # noqa: F401
