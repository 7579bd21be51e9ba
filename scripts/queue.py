"""`ape run queue`: see pegboard/cli/queue.py."""

from pegboard.cli.queue import queue as cli  # noqa: F401
