"""`ape run customers`: see pegboard/cli/customers.py."""

from pegboard.cli.customers import customers as cli  # noqa: F401
