"""All of it, in order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connection

from console.doctor import bindings, boundaries, connections, fleet, logins, machine, worker
from console.doctor.findings import Finding, Verdict, could_not
from console.doctor.web import as_web
from tenants.exceptions import SchemaBusy
from tenants.schemas.throw_away import thrown_away

logger = logging.getLogger(__name__)

Part = Callable[[], Iterator[Finding]]

_AT_ALL = "Try it at all."
#: How long a statement of the doctor's waits for somebody's lock, and how long it may take: whoever
#: asks what is wrong must not wait for what is wrong.
LOCK_TIMEOUT, STATEMENT_TIMEOUT = "3s", "60s"
_GET = "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
_SET = "SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', %s, false)"

#: What is looked at as the owner, without a schema of its own.
_PARTS: dict[str, Part] = {
    "login.server": logins.server,
    "login": logins.logins,
    "login.lent": logins.lent,
    "connection.pooling": connections.pooling,
    "fleet": fleet.fleet,
    "worker": worker.worker,
    "machine": machine.machine,
}
#: What is tried between two schemas, as pages are served.
_TRIALS: dict[str, Callable[[str, str], Iterator[Finding]]] = {
    "boundary": boundaries.boundaries,
    "connection.leftovers": connections.leftovers,
    "bound": bindings.bindings,
}


def examine() -> Iterator[Finding]:
    """Everything that the doctor tries, as it is tried.

    Makes two schemas and removes them again, whatever happens; those that a killed process left
    are removed too. A part that breaks is a failed finding of its own. For a process that has
    both logins.
    """
    for name, part in _PARTS.items():
        yield from _safely(name, part)
    try:
        with impatience(), thrown_away(2) as (here, there):
            for name, trial in _TRIALS.items():
                with as_web():
                    findings = list(_safely(name, lambda trial=trial: trial(here, there)))
                yield from findings
    except SchemaBusy:
        yield Finding(
            "trial",
            "Make two schemas for a trial.",
            "Another doctor is at it.",
            Verdict.WARNING,
            "Run it again when that one is over.",
        )
    except Exception as exc:
        logger.exception("The trial schemas could not be made or removed.")
        yield could_not("trial", _AT_ALL, exc)


def _safely(name: str, part: Part) -> Iterator[Finding]:
    try:
        with impatience():
            yield from part()
    except Exception as exc:
        logger.warning("The part %s broke.", name, exc_info=True)
        yield could_not(name, _AT_ALL, exc)
    finally:
        connection.set_schema_to_public()


@contextmanager
def impatience() -> Iterator[None]:
    """In the block, statements of this connection have little time; afterwards as much as before.

    Not as an option of the connection: a pooler may refuse those.
    """
    before = _set_timeouts(LOCK_TIMEOUT, STATEMENT_TIMEOUT)
    try:
        yield
    finally:
        with suppress(Error):  # A connection that is lost takes them with it.
            _set_timeouts(*before)


def _set_timeouts(*timeouts: str) -> tuple[str, ...]:
    """Those of locks and of statements; returns what they were."""
    with connection.cursor() as cursor:
        cursor.execute(_GET)
        before = cursor.fetchone()
        cursor.execute(_SET, timeouts)
    return before
