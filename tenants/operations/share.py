"""One process at work on a rollout; others may be at it too.

Each schema is a transaction of its own, with the row that says it is done, or several where a
migration asks to be in none (``parts``). Who takes which is
decided by the lock on the schema; nothing is written down before the work, so a process that is
killed leaves the operation as it was: waiting.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import schema_context

from console.history.acting import acting_as
from tenants.exceptions import SchemaBusy, TenantError
from tenants.models import Client, Operation, OperationState, Rollout, SchemaVersion
from tenants.models.operation import OperationQuerySet
from tenants.operations.authorise import permission_for, require_still
from tenants.operations.fleet_rows import NotNow, close, hold
from tenants.operations.parts import applied_in_words, bring_in_parts
from tenants.operations.queue import enqueue_shares
from tenants.operations.run import fail, mend_connection
from tenants.operations.versions import read_version
from tenants.operations.waves import (
    advance,
    is_for_newer_code,
    stop_where_too_many_failed,
    to_be_done,
)
from tenants.schemas.failing import PASSING, MigrationFailed
from tenants.schemas.locks import lasting_lock, schema_lock
from tenants.schemas.migrate import InParts, at_work_on, bring_up_to_date, known_migrations
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
#: So many operations are looked up at a time.
CHUNK = 100
#: A worker turns to other jobs after so many seconds: somebody may wait for one.
SLICE = 20.0


def name_of_run(rollout_id: int) -> str:
    """The name of the lock that everybody at work on the rollout holds, together."""
    return f"rollout:{rollout_id}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one schema; without an error, it is up to date."""

    client: Client
    error: str = ""
    detail: str = ""


def run_rollout(rollout_id: int) -> None:
    """A worker's turn at the rollout; what is left after it has another job.

    A worker of older code leaves it to those that know all its migrations: ``reconcile`` gives it
    jobs until one of them has taken it.
    """
    rollout = Rollout.objects.select_related("target").get(pk=rollout_id)
    if is_for_newer_code(rollout):
        logger.warning("%s is for newer code than this worker has; restart it.", rollout)
        return
    try:
        user = require_still(rollout, permission_for(rollout.kind))
    except TenantError as refusal:
        _refuse(rollout, refusal)
        return
    with acting_as(user):
        if Share(rollout_id, is_worker=True).work(seconds=SLICE):
            enqueue_shares(rollout)


def _refuse(rollout: Rollout, refusal: TenantError) -> None:
    """Whoever asked may not any more: all of it that waits fails, and says so."""
    logger.warning("%s: %s", rollout, refusal)
    waiting = rollout.operations.filter(state=OperationState.QUEUED)
    for operation in waiting.select_related("client"):
        fail(operation, refusal)
    advance(rollout.pk)


class Share:
    """What one process does of a rollout."""

    def __init__(
        self,
        rollout_id: int,
        *,
        over: Callable[[Outcome], None] = lambda outcome: None,
        is_worker: bool = False,
    ) -> None:
        """A worker leaves alone what is for a terminal; that takes along what is tried again."""
        self._rollout_id, self._over, self._is_worker = rollout_id, over, is_worker
        self._versions: dict[frozenset[str], int] = {}
        self._count = 0

    def work(self, *, seconds: float | None = None) -> bool:
        """Do what can be done; returns whether something is left to be done after ``seconds``.

        A rollout of workers (``queued``) leaves schemas on which others work to them, and comes
        back. In a terminal there is nobody who could.
        """
        until = time.monotonic() + seconds if seconds is not None else None
        with lasting_lock(name_of_run(self._rollout_id), shared=True) as take_again:
            while rollout := advance(self._rollout_id):
                chunk = self._next(rollout)
                if not chunk and not self._wait(rollout, until):
                    return False
                for operation in chunk:
                    if until is not None and time.monotonic() > until:
                        return True
                    if operation.attempts:
                        take_again()  # It may be the server that went away.
                    if not self._one(operation):
                        break
        return False

    def _next(self, rollout: Rollout) -> list[Operation]:
        now = timezone.now()
        due = Q(due_at=None) | Q(due_at__lte=now)
        rows = self._waiting(rollout).filter(due)
        ordered = rows.select_related("client").order_by(F("due_at").asc(nulls_first=True), "pk")
        chunk = list(ordered[:CHUNK])
        if chunk and chunk[0].queued:
            random.shuffle(chunk)  # Others begin elsewhere.
        return chunk

    def _waiting(self, rollout: Rollout) -> OperationQuerySet:
        rows = to_be_done(rollout).filter(state=OperationState.QUEUED, wave__lte=rollout.wave)
        return rows.filter(queued=True) if self._is_worker else rows

    def _wait(self, rollout: Rollout, until: float | None) -> bool:
        """Wait for the next schema that was busy; ``False`` where there is none, or none soon."""
        due = self._waiting(rollout).order_by("due_at").values_list("due_at", flat=True).first()
        if due is None:
            return False
        pause = max((due - timezone.now()).total_seconds(), 0)
        if until is not None and time.monotonic() + pause > until:
            return False
        time.sleep(pause)
        return True

    def _one(self, operation: Operation) -> bool:
        """Do one of them; returns whether the next may be begun without another look."""
        begun, tries = timezone.now(), operation.attempts + 1
        try:
            is_done = self._bring(operation, tries, begun)
        except NotNow as exc:
            mend_connection()
            return exc.goes_on
        except (SchemaBusy, *PASSING) as exc:
            mend_connection()
            # Of several workers, one is at work on it; it is not for the others to count that.
            is_shared = operation.queued and isinstance(exc, SchemaBusy)
            if is_shared or tries <= len(PAUSES):
                pause = PAUSES[min(tries, len(PAUSES)) - 1]
                _put_off(operation, pause, tries=None if is_shared else tries)
                return True
            self._fail(operation, tries, begun, exc)
        except Exception as exc:
            if isinstance(exc, TenantError | MigrationFailed):
                logger.warning("Operation %s failed: %s", operation.pk, exc)
            else:
                logger.exception("Operation %s failed.", operation.pk)
            self._fail(operation, tries, begun, exc)
        else:
            if is_done:
                self._over(Outcome(operation.client))
        self._count += 1
        if self._count % LIFETIME == 0 and not connection.in_atomic_block:
            connection.close()
        return True

    def _bring(self, operation: Operation, tries: int, begun: datetime) -> bool:
        """Migrate the schema and close its operation; returns whether the operation still waited:
        somebody may have cancelled it."""
        try:
            return self._bring_at_once(operation, tries, begun)
        except InParts:
            pass  # Nothing was done; from here on the lock belongs to no transaction.
        with schema_lock(operation.client.schema_name):
            return self._bring_in_parts(operation, tries, begun)

    def _bring_at_once(self, operation: Operation, tries: int, begun: datetime) -> bool:
        """In one transaction. Raises ``InParts`` where that is not enough."""
        schema = operation.client.schema_name
        with transaction.atomic(), at_work_on(schema):
            # The client before its operation, and before its tables, as everybody does.
            record = hold(operation, wait=PATIENCE)
            brought = bring_up_to_date(schema, record)
            has = brought.has & known_migrations()
            version = self._versions.get(has) or _version(has)
            is_ours = close(
                operation,
                version=version,
                tries=tries,
                begun=begun,
                now=timezone.now(),
                line=applied_in_words(brought.applied),
            )
            if not is_ours:
                transaction.set_rollback(True)
        if is_ours:
            self._versions[has] = version
        return is_ours

    def _bring_in_parts(self, operation: Operation, tries: int, begun: datetime) -> bool:
        """In several, between which everybody may do with the client what they like: what is not
        begun by then has to be allowed once more."""

        def begin() -> bool:
            with at_work_on(operation.client.schema_name):
                hold(operation, wait=PATIENCE)
            return True

        def finish() -> bool:
            return close(
                operation,
                version=read_version(operation.client).pk,
                tries=tries,
                begun=begun,
                now=timezone.now(),
                line=_("All of it is applied: the schema is up to date."),
            )

        return bring_in_parts(operation, begin=begin, finish=finish, wait=PATIENCE)

    def _fail(self, operation: Operation, tries: int, begun: datetime, exc: Exception) -> None:
        mend_connection()
        waiting = Operation.objects.filter(pk=operation.pk, state=OperationState.QUEUED)
        if waiting.update(attempts=tries, started_at=begun):
            operation.refresh_from_db()
            fail(operation, exc)
            stop_where_too_many_failed(self._rollout_id)
            self._over(Outcome(operation.client, operation.error, operation.error_detail))


def _put_off(operation: Operation, pause: float, *, tries: int | None) -> None:
    """Its next turn is so many seconds later. Without ``tries``, the row says what others count."""
    counted = {} if tries is None else {"attempts": tries}
    waiting = Operation.objects.filter(pk=operation.pk, state=OperationState.QUEUED)
    waiting.update(due_at=timezone.now() + timedelta(seconds=pause), **counted)


def _version(has: frozenset[str]) -> int:
    with schema_context(PUBLIC_SCHEMA):
        return SchemaVersion.objects.of(has).pk
