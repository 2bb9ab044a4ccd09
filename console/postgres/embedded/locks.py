"""File locks that the kernel lets go of when a process dies, however it dies.

`flock` belongs to the open file, not to the process: two locks in one process exclude each
other just as two processes do, and a child that inherits the descriptor keeps the lock.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class FileLock:
    """One open lock file. Not locked until one of the methods is called."""

    def __init__(self, path: Path) -> None:
        """Open `path`, making it (0600) if it is missing; raises OSError."""
        self.path = path
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def share(self) -> None:
        """Take the lock together with other sharers; waits for an exclusive one to end."""
        fcntl.flock(self.fd, fcntl.LOCK_SH)

    def exclude(self) -> None:
        """Take the lock alone; waits for everybody else."""
        fcntl.flock(self.fd, fcntl.LOCK_EX)

    def try_exclude(self) -> bool:
        """Take the lock alone if that is possible at once.

        On a lock that is shared so far, a refusal may have given up the share: flock's
        conversion is not atomic.
        """
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def is_current(self) -> bool:
        """Whether the path still names the file that is open here."""
        try:
            return os.path.samestat(os.fstat(self.fd), os.stat(self.path))
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Let go. A child that inherited the descriptor keeps what was locked."""
        os.close(self.fd)


@contextmanager
def exclusive(path: Path, *, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold `path` alone while the block runs; `on_wait` is called once if it has to wait."""
    lock = FileLock(path)
    try:
        if not lock.try_exclude():
            on_wait()
            lock.exclude()
        while not lock.is_current():
            # Whoever held it deleted the file: others now lock a new one.
            lock.close()
            lock = FileLock(path)
            lock.exclude()
        yield
    finally:
        lock.close()


def is_held_alone(path: Path) -> bool:
    """Whether somebody holds `path` alone. Two that ask at the same time do not see each other."""
    if not path.exists():
        return False
    lock = FileLock(path)
    try:
        fcntl.flock(lock.fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        lock.close()
