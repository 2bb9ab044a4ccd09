"""How long a server may say nothing, watched from this side.

A timeout of the server's own is kept by a server that works. One that is stopped, or lost behind
a network that tells nobody, keeps whoever asks it for good: the kernel still takes what is sent.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

import psycopg
from django.db import OperationalError

if TYPE_CHECKING:
    from console.postgres.backend.base import DatabaseWrapper

#: How long a new connection may take meanwhile; the driver knows nothing shorter (seconds).
CONNECT_TIMEOUT = 2
#: How often a connection is looked for once the time is over: code may have made another.
_AGAIN = 0.1


class Patience:
    """What is left of the time, for one wrapper."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = monotonic() + seconds
        self._done = Event()

    def connect_timeout(self) -> int:
        """For a new connection. Raises ``OperationalError`` where the time is over."""
        if monotonic() >= self._ends_at:
            raise OperationalError("The server has not answered in time.")
        return CONNECT_TIMEOUT

    @contextmanager
    def watching(self, wrapper: DatabaseWrapper) -> Iterator[None]:
        watcher = Thread(target=self._watch, args=[wrapper], name="patience", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            self._done.set()
            watcher.join()

    def _watch(self, wrapper: DatabaseWrapper) -> None:
        while not self._done.wait(max(self._ends_at - monotonic(), _AGAIN)):
            connection = wrapper.connection
            if connection is not None:
                with suppress(OSError, psycopg.Error):  # It is closed by now.
                    hang_up(connection.fileno())


def hang_up(descriptor: int) -> None:
    """End a conversation, as a server does that goes away: whoever reads finds its end."""
    with socket.socket(fileno=os.dup(descriptor)) as ours:
        ours.shutdown(socket.SHUT_RDWR)
