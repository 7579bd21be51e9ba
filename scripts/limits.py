"""`ape run limits`: see pegboard/cli/limits.py."""

from pegboard.cli.limits import limits as cli  # noqa: F401
