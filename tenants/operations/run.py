"""Doing the work of an operation."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.history.acting import acting_as
from tenants.exceptions import SchemaBusy, TenantError
from tenants.models import (
    ATTEMPT,
    HELD_BACK,
    MAKING,
    Client,
    ClientStatus,
    Operation,
    OperationKind,
    OperationState,
)
from tenants.operations.adopt_schema import adopt_schema
from tenants.operations.authorise import permission_for, requester, require_still
from tenants.operations.create_schema import create_schema
from tenants.operations.drop_schema import drop_schema
from tenants.operations.failure import describe, put_into_words
from tenants.operations.files import settle_files
from tenants.operations.locking import hold_client
from tenants.operations.migrate_schema import migrate_schema
from tenants.operations.parts import bring_in_parts
from tenants.operations.progress import live_log, log
from tenants.operations.rollout import is_carried_out
from tenants.operations.status import set_status
from tenants.operations.waves import is_for_newer_code
from tenants.schemas.failing import PASSING, MigrationFailed
from tenants.schemas.locks import LOCK_TIMEOUT, schema_lock
from tenants.schemas.migrate import InParts, StepReport

logger = logging.getLogger(__name__)

#: How often an operation is begun before a person has to look at it.
MAX_ATTEMPTS = 3
RETRY_PAUSE_SECONDS = 2

#: Each takes the client and a reporter, runs inside a transaction, and returns its last word.
WORK: dict[str, Callable[[Client, StepReport], str]] = {
    OperationKind.CREATE_SCHEMA: create_schema,
    OperationKind.MIGRATE_SCHEMA: migrate_schema,
    OperationKind.DROP_SCHEMA: drop_schema,
    OperationKind.ADOPT_SCHEMA: adopt_schema,
}


class TryAgain(Exception):
    """The operation is back in the queue; the job that ran it should run once more."""


def run_operation(operation_id: int) -> Operation | None:
    """Run a waiting operation to its end, in this process.

    Holds the lock on the schema meanwhile. The work and the row that says it is done are one
    transaction, or several where a migration asks to be in none (``parts``). Returns the operation
    as it ended, or ``None`` where it was not waiting (a job may arrive twice), or is left to its
    rollout or to a worker of newer code. Raises ``SchemaBusy`` where other work holds the schema,
    and ``TryAgain`` after a failure that may pass; the operation waits in both cases. Any other
    failure closes the operation as failed and is not raised.
    """
    rows = Operation.objects.select_related("client", "rollout__target", "target")
    operation = rows.get(pk=operation_id)
    if operation.state != OperationState.QUEUED:
        return None
    if operation.rollout and is_carried_out(operation.rollout):
        return None
    if is_for_newer_code(operation.rollout or operation):
        logger.warning("%s is for newer code than this worker has; restart it.", operation)
        return None
    if operation.queued and operation.client.is_suspended:
        _hold_back(operation_id)
        return None
    with schema_lock(operation.client.schema_name):
        operation = _begin(operation_id)
        if operation is None:
            return None
        try:
            with _settling_files(operation), live_log(operation) as report:
                if not _work(operation, report):
                    return None
        except PASSING as exc:
            _put_back_or_fail(operation, exc)
        except (TenantError, MigrationFailed) as exc:
            logger.warning("Operation %s failed: %s", operation.pk, exc)
            fail(operation, exc)
        except Exception as exc:
            logger.exception("Operation %s failed.", operation.pk)
            fail(operation, exc)
    return operation


def _work(operation: Operation, report: StepReport) -> bool:
    """Do the work and close the operation, in one transaction; ``False`` where it is put back, for
    its client is suspended."""
    try:
        with transaction.atomic():
            taken = _take(operation)
            if taken is None:
                return False
            client, user = taken
            with acting_as(user):
                last_word = WORK[operation.kind](client, report)
            _close(operation, OperationState.SUCCEEDED, last_word)
        return True
    except InParts:
        pass  # Nothing was done; the lock on the schema belongs to no transaction.

    def finish() -> bool:
        report(_("Noting the new version."), step="version")
        last_word = _("All of it is applied: the schema is up to date.")
        _close(operation, OperationState.SUCCEEDED, last_word)
        return True

    return bring_in_parts(
        operation, begin=lambda: _take(operation) is not None, finish=finish, wait=LOCK_TIMEOUT
    )


def _take(operation: Operation) -> tuple[Client, User | None] | None:
    """Hold the client's row until the transaction ends, and say for whom it is done, who still
    may; ``None`` where it was put back, for its client is suspended."""
    user = require_still(operation, permission_for(operation.kind))
    client = hold_client(operation.client_id, wait=True)
    if operation.queued and client.is_suspended:
        # Since it was asked before: nobody suspends it any more from here on.
        _put_back_as_held(operation)
        return None
    return client, user


def _hold_back(operation_id: int) -> None:
    """Leave the operation waiting until its client is reactivated, which hands it on again.

    The log says so once for each suspension, however often a job comes by.
    """
    with transaction.atomic():
        operation = Operation.objects.select_for_update(of=("self",)).get(pk=operation_id)
        latest = operation.events.last()
        if operation.state == OperationState.QUEUED and getattr(latest, "step", "") != HELD_BACK:
            _log_held_back(operation)


def _put_back_as_held(operation: Operation) -> None:
    """The same for one that has begun: the attempt does not count."""
    operation.state = OperationState.QUEUED
    operation.attempts -= 1
    operation.started_at = None
    operation.save()
    _log_held_back(operation)


def _log_held_back(operation: Operation) -> None:
    line = _("The client is suspended: this waits until it is reactivated.")
    log(operation, line, step=HELD_BACK)


def _begin(operation_id: int) -> Operation | None:
    """Mark a waiting operation as running; ``None`` where it does not wait any more."""
    with transaction.atomic():
        operation = Operation.objects.select_for_update(of=("self",)).get(pk=operation_id)
        if operation.state != OperationState.QUEUED:
            return None
        operation.state = OperationState.RUNNING
        operation.attempts += 1
        operation.started_at = timezone.now()
        operation.finished_at = None
        operation.error = operation.error_detail = ""
        operation.save()
        log(operation, _("Attempt %(n)d has begun.") % {"n": operation.attempts}, step=ATTEMPT)
    return operation


@contextmanager
def _settling_files(operation: Operation) -> Iterator[None]:
    """After the work of a drop, committed or undone: let its files go, or have them back before
    anybody is told that it failed."""
    try:
        yield
    finally:
        if operation.kind == OperationKind.DROP_SCHEMA:
            mend_connection()
            if not settle_files(operation.client.schema_name):
                with suppress(Error):
                    log(operation, _("Some of the files are still there; this is tried again."))


def _close(operation: Operation, state: OperationState, last_word: str) -> None:
    operation.state = state
    operation.finished_at = timezone.now()
    operation.save()
    log(operation, last_word)


def _put_back_or_fail(operation: Operation, exc: Exception) -> None:
    mend_connection()
    if operation.attempts >= MAX_ATTEMPTS:
        logger.exception("Operation %s failed for the last time.", operation.pk)
        fail(operation, exc)
        return
    with transaction.atomic():
        if not _is_still_ours(operation):
            return
        operation.state = OperationState.QUEUED
        operation.finished_at = None
        operation.error = _("The database did not answer in time. It will be tried again.")
        operation.error_detail = describe(exc)
        operation.save()
        log(operation, operation.error)
    raise TryAgain from exc


def mend_connection() -> None:
    """It may be the connection that failed: then the next query makes another. One that works is
    kept, for it holds the lock on the schema."""
    if connection.connection is None or connection.in_atomic_block:
        return
    if not connection.is_usable():
        connection.close()


def fail(operation: Operation, exc: Exception) -> None:
    """Close the operation as failed, with plain words and the technical text apart."""
    with transaction.atomic():
        client = hold_client(operation.client_id, wait=True)
        if not _is_still_ours(operation):
            return
        put_into_words(operation, exc)
        _close(operation, OperationState.FAILED, operation.error)
        unprovision(operation, client)


def unprovision(operation: Operation, client: Client) -> None:
    """A client whose schema could not be made is a draft again: by whose doing it was to be made.

    The caller holds the client's row.
    """
    is_waiting = client.status == ClientStatus.PROVISIONING
    if is_waiting and operation.kind in MAKING:
        with acting_as(requester(operation)):
            set_status(client, ClientStatus.DRAFT)


def _is_still_ours(operation: Operation) -> bool:
    """Whether the row still says what this attempt left there; locks it until the transaction ends.

    The work may be committed although its answer was lost, and another worker may have begun
    since: then the object becomes what the row says, and nothing is written.
    """
    row = Operation.objects.select_for_update(of=("self",)).get(pk=operation.pk)
    if row.is_open and row.attempts == operation.attempts:
        return True
    operation.refresh_from_db()
    return False


def run_to_the_end(operation: Operation) -> Operation:
    """Run an operation here and now, with all its attempts.

    For commands. Holds the lock on the schema between the attempts too, which says that the
    process lives. Raises ``SchemaBusy`` where other work holds the schema: an operation that
    still waits for this process is closed as failed then, for nobody else will run it.
    """
    try:
        with schema_lock(operation.client.schema_name):
            while True:
                try:
                    return run_operation(operation.pk) or Operation.objects.get(pk=operation.pk)
                except TryAgain:
                    time.sleep(RETRY_PAUSE_SECONDS)
    except SchemaBusy as exc:
        operation = Operation.objects.get(pk=operation.pk)
        if operation.state == OperationState.QUEUED and not operation.queued:
            fail(operation, exc)
        raise
