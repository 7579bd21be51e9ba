"""`ape run journal`: see pegboard/cli/journal.py."""

from pegboard.cli.journal import journal as cli  # noqa: F401
