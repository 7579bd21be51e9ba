"""`ape run apply`: see pegboard/cli/apply.py."""

from pegboard.cli.apply import apply as cli  # noqa: F401
