"""`ape run reserves`: see pegboard/cli/reserves.py."""

from pegboard.cli.reserves import reserves as cli  # noqa: F401
