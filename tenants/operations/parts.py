"""Bringing a schema up to date where one transaction cannot: a migration asks to be in none.

The lock on the schema is held all the time, the client's row only while something is written:
before each part it is asked whether there is still to be one, and after each the row says what the
schema has by now. So a process can be killed anywhere, and the next attempt goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenants.models import STAYS, Client, Operation, SchemaVersion
from tenants.operations.locking import hold_client
from tenants.operations.progress import log
from tenants.schemas.migrate import (
    Brought,
    apply_alone,
    apply_part,
    known_migrations,
    next_part,
    note_alone,
)


def bring_in_parts(
    operation: Operation, *, begin: Callable[[], bool], finish: Callable[[], bool], wait: str
) -> bool:
    """Apply what the schema of the operation's client lacks, part by part.

    The caller holds the lock on the schema, in its connection, and has no transaction. ``begin``
    is called in each transaction that begins a part: it holds the client's row, and returns
    whether to go on, or raises; ``finish`` in the last one, after which nothing is missing.
    Returns what they return. Each statement waits at most ``wait`` for a lock, but for those that
    nobody waits behind. Raises what a migration or the database raises.
    """
    schema = operation.client.schema_name
    is_over = False
    while True:
        with transaction.atomic():
            if not begin():
                return False
            part = None if is_over else next_part(schema)
            if part is None:
                return finish()
            is_over = part.is_last
            if not part.is_alone:
                _note(operation, apply_part(part, schema, wait=wait))
                continue
            line = _("Applying %(name)s, which is a step of its own, beside everybody's work.")
            log(operation, line % {"name": ", ".join(part.labels)}, step=STAYS)
        apply_alone(part, schema, wait=wait)
        with transaction.atomic():
            # Whatever became of the operation meanwhile: this is applied.
            hold_client(operation.client_id, wait=True)
            _note(operation, note_alone(part, schema))


def _note(operation: Operation, brought: Brought) -> None:
    """Write down what was applied, and what the client's schema has by now."""
    version = SchemaVersion.objects.of(brought.has & known_migrations())
    client = Client.objects.filter(pk=operation.client_id)
    client.update(schema_version=version, updated_at=timezone.now())
    log(operation, applied_in_words(brought.applied), step=STAYS)


def applied_in_words(applied: list[str]) -> str:
    """Such as “Applied 1 migration: …”."""
    if not applied:
        return _("There was nothing to do: the schema is up to date.")
    line = ngettext(
        "Applied %(n)d migration: %(names)s.", "Applied %(n)d migrations: %(names)s.", len(applied)
    )
    return line % {"n": len(applied), "names": ", ".join(applied)}


def has_applied_parts(operation: Operation) -> bool:
    """Whether something of it was applied, or begun, that stays whatever becomes of the rest."""
    return operation.events.filter(step=STAYS).exists()
