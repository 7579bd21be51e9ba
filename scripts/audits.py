"""`ape run audits`: see pegboard/cli/audits.py."""

from pegboard.cli.audits import audits as cli  # noqa: F401
