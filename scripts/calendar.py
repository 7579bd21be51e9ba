"""`ape run calendar`: see pegboard/cli/calendar.py."""

from pegboard.cli.calendar import calendar as cli  # noqa: F401
