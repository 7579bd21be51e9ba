"""Locks on files, which end with the process that holds them."""

from __future__ import annotations

import fcntl
import time

_PAUSE = 0.05


def take(descriptor: int, patience: float) -> bool:
    """Waits until an open file is this process's alone; False when patience ends before."""
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(_PAUSE)
        else:
            return True
