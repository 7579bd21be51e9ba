"""`ape run presign`: see pegboard/cli/presign.py."""

from pegboard.cli.presign import presign as cli  # noqa: F401
