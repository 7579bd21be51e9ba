"""`ape run pause`: see pegboard/cli/pause.py."""

from pegboard.cli.pause import pause as cli  # noqa: F401
