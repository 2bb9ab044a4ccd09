"""A short look into a tenant's schema from the staff's side, for which no page has to wait."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import Error, transaction
from django_tenants.utils import schema_context

from console.postgres.contexts import tenants_connection
from tenants.exceptions import SchemaSilent

logger = logging.getLogger(__name__)

#: How long one statement may take, and how long it may wait for a lock.
PATIENCE = "2s"

Answer = TypeVar("Answer")

_SET = "SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true)"
_GET = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"


@contextmanager
def impatiently(schema: str) -> Iterator[None]:
    """Run the block in the schema as its role, in a transaction of its own or a savepoint.

    Raises ``SchemaSilent``, and undoes the block, where the database cannot do it at once: the
    schema is missing, behind, locked or slow.
    """
    try:
        with transaction.atomic(), schema_context(schema), tenants_connection().cursor() as cursor:
            cursor.execute(_GET)
            before = cursor.fetchone()
            cursor.execute(_SET, [PATIENCE, PATIENCE])
            yield
            # Kept if the block is: a rollback takes the setting back by itself.
            if not transaction.get_rollback():
                cursor.execute(_SET, before)
    except Error as exc:
        logger.warning("The schema %s did not answer: %s", schema, str(exc).splitlines()[:1])
        raise SchemaSilent(schema=schema) from exc


def ask(schema: str, question: Callable[[], Answer]) -> Answer | None:
    """What ``question`` returns when it is called in the schema, or ``None`` where the schema
    does not answer. Nothing that it writes is kept."""
    try:
        with impatiently(schema):
            answer = question()
            transaction.set_rollback(True)
    except SchemaSilent:
        return None
    return answer
