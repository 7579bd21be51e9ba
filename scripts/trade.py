"""`ape run trade`: see pegboard/cli/trade.py."""

from pegboard.cli.trade import trade as cli  # noqa: F401
