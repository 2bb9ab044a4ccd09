"""How far an import has come, seen by others while its own transaction is open."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from django.db import Error, connection
from django_tenants.utils import schema_context

from console.importing.exceptions import Cancelled
from console.importing.models import AT_WORK, Import

logger = logging.getLogger(__name__)

#: ``watch(done, total)``: so many rows of so many. Raises ``Cancelled``.
Watch = Callable[[int, int], None]
#: How long (seconds) nothing is said and nobody is asked.
EVERY = 0.5


@contextmanager
def watching(import_: Import) -> Iterator[Watch]:
    """What the work calls as it goes on: writes down how far it is, and stops it once somebody
    wants that.

    Rows inside a transaction are not visible, so this goes through a connection of its own, that
    of a thread, which is in the same schema as the same role. A caller that is in a transaction
    already gets plain rows: nobody could see its import yet.
    """
    schema, pace = connection.schema_name, Pace()
    if connection.in_atomic_block:
        ask, thread = _note, None
    else:
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import-progress")
        pool = thread

        def ask(key: int, schema: str, **values: Any) -> bool:
            return pool.submit(_note_apart, key, schema, **values).result()

    def watch(done: int, total: int) -> None:
        if not pace.is_time():
            return
        rate = pace.at(done)
        if ask(import_.pk, schema, done=min(done, total), total=total, rate=rate):
            raise Cancelled

    try:
        yield watch
    finally:
        if thread is not None:
            thread.submit(_close).result()
            thread.shutdown()


class Pace:
    """How quick the work is: lately, for what comes before its first row is another matter."""

    def __init__(self) -> None:
        self._at, self._done, self._rate = 0.0, 0, 0.0

    def is_time(self) -> bool:
        return time.monotonic() - self._at >= EVERY

    def at(self, done: int) -> float:
        """Rows a second, now that so many are done. It begins anew with each pass of the file."""
        now = time.monotonic()
        if self._at and done > self._done and now > self._at:
            lately = (done - self._done) / (now - self._at)
            self._rate = (self._rate + lately) / 2 if self._rate else lately
        self._at, self._done = now, done
        return self._rate


def _note(key: int, schema: str, **values: Any) -> bool:
    """Write down how far it is; whether it is to stop."""
    rows = Import.objects.filter(pk=key, state__in=AT_WORK)
    rows.update(**values)
    return rows.filter(cancel_asked=True).exists()


def _note_apart(key: int, schema: str, **values: Any) -> bool:
    """The same from the thread; what cannot be written down must not undo the work."""
    try:
        with schema_context(schema):
            return _note(key, schema, **values)
    except Error:
        logger.exception("How far the import %s of %s is was not written down.", key, schema)
        _close()
        return False


def _close() -> None:
    with suppress(Error):
        connection.close()
