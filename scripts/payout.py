"""`ape run payout`: see pegboard/cli/payout.py."""

from pegboard.cli.payout import payout as cli  # noqa: F401
