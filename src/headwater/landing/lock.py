"""One run at a time over a folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class LockedError(RuntimeError):
    """Another run holds the folder."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other runs out of a folder; the lock ends with the process that holds it.

    Raises:
        LockedError: another run is under way.
    """
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedError(
                f"Another run into {folder} is under way; wait until it has ended."
            ) from None
        yield
