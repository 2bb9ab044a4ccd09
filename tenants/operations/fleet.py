"""Bringing all schemas up to date, from one process, as fast as the database takes it.

Who is behind is asked of what is kept about each schema. Each is a transaction of its own, with
the row that says it is done; one that is busy has its turn later, and one that fails stops nobody.
"""

from __future__ import annotations

import heapq
import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history.acting import acting_as
from tenants.exceptions import SchemaBusy, TenantError
from tenants.models import Client, Operation, OperationKind, OperationState, SchemaVersion
from tenants.operations.fleet_rows import close, hold
from tenants.operations.locking import hold_clients
from tenants.operations.progress import log_many
from tenants.operations.rollout import request_rollout
from tenants.operations.run import fail, mend_connection
from tenants.operations.versions import behind, record_versions
from tenants.schemas.failing import PASSING, MigrationFailed
from tenants.schemas.locks import lasting_lock
from tenants.schemas.migrate import at_work_on, bring_up_to_date, known_migrations
from tenants.validators import PUBLIC_SCHEMA

logger = logging.getLogger(__name__)

#: How long a statement waits for a table that somebody uses (PostgreSQL's notation): whoever
#: comes after it waits as long.
PATIENCE = "1s"
#: How many seconds later a schema that was busy has its next turn. Then it fails.
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
#: After so many schemas the connection is replaced: PostgreSQL keeps in its memory what a
#: connection has seen of each.
LIFETIME = 200


def name_of_run(rollout_id: int) -> str:
    """The name of the lock that a run holds while operations of its rollout wait for their turn."""
    return f"rollout:{rollout_id}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one schema; without an error, it is up to date."""

    client: Client
    error: str = ""
    detail: str = ""


@dataclass(slots=True)
class Fleet:
    """How far a run has come."""

    #: Schemas that were looked at, and those of them that were behind.
    total: int
    behind: int
    done: int = 0
    failed: int = 0
    #: Were to be begun when the run stopped.
    left: int = 0
    _start: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Schemas a second."""
        return self.done / max(time.monotonic() - self._start, 0.001)

    @property
    def seconds_left(self) -> float:
        return (self.behind - self.done - self.failed) / self.rate if self.done else 0.0


#: Is told of each schema when it is over.
Watch = Callable[[Outcome, Fleet], None]


def migrate_fleet(
    *,
    acting_user: User | None,
    schemas: Collection[str] | None = None,
    verify: bool = False,
    abort_after: int | None = None,
    watch: Watch = lambda outcome, fleet: None,
) -> Fleet:
    """Bring the clients' schemas up to date: all that are made, or those named.

    Who is behind is what their rows say; with ``verify`` each schema's own record is read first.
    Their operations are written down together, as a rollout that no worker takes, and carried out
    here, each in a transaction that either brings its schema to the new state or leaves it at the
    old one. Runs as the owner. Who cannot have an operation now counts as failed. With
    ``abort_after``, so many failures end the run, and what was not begun is cancelled. Raises
    ``NotAllowed``.
    """
    clients = Client.objects.provisioned()
    if schemas is not None:
        clients = clients.filter(schema_name__in=schemas)
    if verify:
        record_versions(clients)
    found = list(behind(clients).order_by("schema_name"))
    fleet = Fleet(total=clients.count(), behind=len(found))
    if not found:
        return fleet
    request = request_rollout(
        found, OperationKind.MIGRATE_SCHEMA, acting_user=acting_user, queued=False
    )
    run = _Run(fleet, watch, abort_after)
    for client, refusal in request.refused:
        run.over(Outcome(client, str(refusal)))
    if request.rollout is not None:
        with acting_as(acting_user):
            run.all(request.rollout.pk, request.operations)
    return fleet


class _Run:
    """One process at work on the operations of a rollout."""

    def __init__(self, fleet: Fleet, watch: Watch, abort_after: int | None) -> None:
        self._fleet, self._watch, self._abort_after = fleet, watch, abort_after
        self._versions: dict[frozenset[str], int] = {}

    def over(self, outcome: Outcome) -> None:
        if outcome.error:
            self._fleet.failed += 1
        else:
            self._fleet.done += 1
        self._watch(outcome, self._fleet)

    def all(self, rollout_id: int, operations: Iterable[Operation]) -> None:
        turns = _Turns(operations)
        try:
            with lasting_lock(name_of_run(rollout_id)) as take_again:
                for number, (operation, tries) in enumerate(turns, start=1):
                    if self._is_enough():
                        turns.again(operation, tries, 0)
                        break
                    if tries > 1:
                        take_again()  # It may be the server that went away.
                    self._one(operation, tries, turns)
                    if number % LIFETIME == 0 and not connection.in_atomic_block:
                        connection.close()
        finally:
            # Also where somebody has stopped the process by a key.
            rest = turns.rest()
            self._fleet.left = len(rest)
            _cancel(rest)

    def _is_enough(self) -> bool:
        return self._abort_after is not None and self._fleet.failed >= self._abort_after

    def _one(self, operation: Operation, tries: int, turns: _Turns) -> None:
        begun = timezone.now()
        try:
            is_done = self._bring(operation, tries, begun)
        except (SchemaBusy, *PASSING) as exc:
            mend_connection()
            if tries <= len(PAUSES):
                turns.again(operation, tries, PAUSES[tries - 1])
                return
            self._fail(operation, tries, begun, exc)
        except Exception as exc:
            if isinstance(exc, TenantError | MigrationFailed):
                logger.warning("Operation %s failed: %s", operation.pk, exc)
            else:
                logger.exception("Operation %s failed.", operation.pk)
            self._fail(operation, tries, begun, exc)
        except BaseException:
            turns.again(operation, tries, 0)  # Somebody stops the process: not begun.
            raise
        else:
            if is_done:
                self.over(Outcome(operation.client))

    def _bring(self, operation: Operation, tries: int, begun: datetime) -> bool:
        """Migrate the schema and close its operation, in one transaction; returns whether the
        operation still waited: somebody may have cancelled it."""
        client = operation.client
        with transaction.atomic(), at_work_on(client.schema_name):
            # The client before its operation, and before its tables, as everybody does.
            hold(client, wait=PATIENCE)
            brought = bring_up_to_date(client.schema_name)
            has = brought.has & known_migrations()
            version = self._versions.get(has) or _version(has)
            is_ours = close(
                operation,
                version=version,
                tries=tries,
                begun=begun,
                now=timezone.now(),
                line=_last_word(brought.applied),
            )
            if not is_ours:
                transaction.set_rollback(True)
        if is_ours:
            self._versions[has] = version
        return is_ours

    def _fail(self, operation: Operation, tries: int, begun: datetime, exc: Exception) -> None:
        mend_connection()
        waiting = Operation.objects.filter(pk=operation.pk, state=OperationState.QUEUED)
        if waiting.update(attempts=tries, started_at=begun):
            operation.refresh_from_db()
            fail(operation, exc)
            self.over(Outcome(operation.client, operation.error, operation.error_detail))


class _Turns:
    """Whose turn is next: whoever is first in the list, then whoever was busy, after a pause."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._order = count()
        self._heap = [(0.0, next(self._order), 1, operation) for operation in operations]

    def __iter__(self) -> Iterator[tuple[Operation, int]]:
        while self._heap:
            due, _order, tries, operation = heapq.heappop(self._heap)
            if (pause := due - time.monotonic()) > 0:
                time.sleep(pause)
            yield operation, tries

    def again(self, operation: Operation, tries: int, pause: float) -> None:
        due = time.monotonic() + pause
        heapq.heappush(self._heap, (due, next(self._order), tries + 1, operation))

    def rest(self) -> list[Operation]:
        return [operation for _due, _order, _tries, operation in self._heap]


def _version(has: frozenset[str]) -> int:
    with schema_context(PUBLIC_SCHEMA):
        return SchemaVersion.objects.of(has).pk


def _cancel(operations: list[Operation]) -> None:
    """Close what was not begun. Where the database is gone, ``reconcile`` does it."""
    if not operations:
        return
    mend_connection()
    try:
        with transaction.atomic():
            held = hold_clients(operation.client_id for operation in operations)
            rows = Operation.objects.filter(pk__in=[operation.pk for operation in operations])
            rows = rows.filter(client__in=held, state=OperationState.QUEUED)
            closed = list(rows.select_for_update())
            rows.update(state=OperationState.CANCELLED, finished_at=timezone.now())
            log_many(closed, _("The run was stopped before this was begun."))
    except PASSING:
        logger.exception("%d operations that were not begun are still open.", len(operations))


def _last_word(applied: list[str]) -> str:
    if not applied:
        return _("There was nothing to do: the schema is up to date.")
    line = ngettext(
        "Applied %(n)d migration: %(names)s.", "Applied %(n)d migrations: %(names)s.", len(applied)
    )
    return line % {"n": len(applied), "names": ", ".join(applied)}
