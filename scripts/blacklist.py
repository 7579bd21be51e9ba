"""`ape run blacklist`: see pegboard/cli/blacklist.py."""

from pegboard.cli.blacklist import blacklist as cli  # noqa: F401
