"""`ape run demo`: see pegboard/cli/demo.py."""

from pegboard.cli.demo import demo as cli  # noqa: F401
