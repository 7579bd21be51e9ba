"""`ape run verify-log`: see pegboard/cli/verify_log.py."""

from pegboard.cli.verify_log import verify_log as cli  # noqa: F401
