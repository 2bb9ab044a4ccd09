"""All of it, in order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from django.db import connection
from psycopg.errors import InsufficientPrivilege

from console.doctor import bindings, boundaries, connections, fleet, logins, machine, worker
from console.doctor.findings import Finding, Verdict
from console.doctor.web import as_web
from tenants.exceptions import SchemaBusy
from tenants.schemas.throw_away import thrown_away

logger = logging.getLogger(__name__)

Part = Callable[[], Iterator[Finding]]

#: What is looked at as the owner, without a schema of its own.
_PARTS: dict[str, Part] = {
    "login.server": logins.server,
    "login": logins.logins,
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
        with thrown_away(2) as (here, there):
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
        yield _broken("trial", exc)


def _safely(name: str, part: Part) -> Iterator[Finding]:
    try:
        yield from part()
    except Exception as exc:
        logger.warning("The part %s broke.", name, exc_info=True)
        yield _broken(name, exc)
    finally:
        connection.set_schema_to_public()


def _broken(name: str, exc: Exception) -> Finding:
    why = (str(exc).splitlines() or [""])[0] or type(exc).__name__
    is_refused = isinstance(exc.__cause__, InsufficientPrivilege)
    to_do = "Run “manage.py sync_roles”." if is_refused else "Mend that first; the log has more."
    return Finding(name, "Try it at all.", f"It could not be tried: {why}", Verdict.FAILED, to_do)
