"""`ape run verify`: see pegboard/cli/verify.py."""

from pegboard.cli.verify import verify as cli  # noqa: F401
