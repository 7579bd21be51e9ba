"""`ape run audit`: see pegboard/cli/audit.py."""

from pegboard.cli.audit import audit as cli  # noqa: F401
