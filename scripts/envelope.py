"""`ape run envelope`: see pegboard/cli/envelope.py."""

from pegboard.cli.envelope import envelope as cli  # noqa: F401
