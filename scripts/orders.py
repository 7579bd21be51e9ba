"""`ape run orders`: see pegboard/cli/orders.py."""

from pegboard.cli.orders import orders as cli  # noqa: F401
