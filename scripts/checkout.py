"""`ape run checkout`: see pegboard/cli/checkout.py."""

from pegboard.cli.checkout import checkout as cli  # noqa: F401
