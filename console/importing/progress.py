"""How far an import has come, seen by others while its own transaction is open."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

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
    schema, said = connection.schema_name, 0.0
    if connection.in_atomic_block:
        ask, thread = _note, None
    else:
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import-progress")
        pool = thread

        def ask(key: int, schema: str, done: int, total: int) -> bool:
            return pool.submit(_note_apart, key, schema, done, total).result()

    def watch(done: int, total: int) -> None:
        nonlocal said
        if time.monotonic() - said < EVERY:
            return
        said = time.monotonic()
        if ask(import_.pk, schema, done, total):
            raise Cancelled

    try:
        yield watch
    finally:
        if thread is not None:
            thread.submit(_close).result()
            thread.shutdown()


def _note(key: int, schema: str, done: int, total: int) -> bool:
    """Write down how far it is; whether it is to stop."""
    rows = Import.objects.filter(pk=key, state__in=AT_WORK)
    rows.update(done=min(done, total), total=total)
    return rows.filter(cancel_asked=True).exists()


def _note_apart(key: int, schema: str, done: int, total: int) -> bool:
    """The same from the thread; what cannot be written down must not undo the work."""
    try:
        with schema_context(schema):
            return _note(key, schema, done, total)
    except Error:
        logger.exception("How far the import %s of %s is was not written down.", key, schema)
        _close()
        return False


def _close() -> None:
    with suppress(Error):
        connection.close()
