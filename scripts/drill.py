"""`ape run drill`: see pegboard/cli/drill.py."""

from pegboard.cli.drill import drill as cli  # noqa: F401
