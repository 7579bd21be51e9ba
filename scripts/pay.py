"""`ape run pay`: see pegboard/cli/pay.py."""

from pegboard.cli.pay import pay as cli  # noqa: F401
