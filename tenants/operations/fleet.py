"""Bringing all schemas up to date, from one process, as fast as the database takes it.

Who is behind is asked of what is kept about each schema. Each is a transaction of its own, with
the row that says it is done; one that is busy has its turn later, and one that fails stops nobody.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.history.acting import acting_as
from tenants.models import Client, OperationKind, OperationState, Rollout
from tenants.operations.locking import hold_clients
from tenants.operations.progress import log_many
from tenants.operations.rollout import Waves, request_rollout
from tenants.operations.run import mend_connection
from tenants.operations.share import Outcome, Share
from tenants.operations.versions import behind, record_versions
from tenants.operations.waves import advance
from tenants.schemas.failing import PASSING

logger = logging.getLogger(__name__)


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
    old one, or in several where a migration asks to be in none. Runs as the owner. Who cannot have
    an operation now counts as failed. With ``abort_after``, so many failures end the run, and what
    was not begun is cancelled. Raises ``NotAllowed``.
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
        found,
        OperationKind.MIGRATE_SCHEMA,
        acting_user=acting_user,
        waves=Waves(abort_after=abort_after),
        queued=False,
    )

    def over(outcome: Outcome) -> None:
        if outcome.error:
            fleet.failed += 1
        else:
            fleet.done += 1
        watch(outcome, fleet)

    for client, refusal in request.refused:
        over(Outcome(client, str(refusal)))
    if request.rollout is not None:
        try:
            with acting_as(acting_user):
                Share(request.rollout.pk, over=over).work()
        finally:
            # Also where somebody has stopped the process by a key.
            fleet.left = _close_rest(request.rollout)
    return fleet


def _close_rest(rollout: Rollout) -> int:
    """Close what was not begun; returns for how many. Where the database is gone, ``reconcile``
    does it."""
    mend_connection()
    try:
        with transaction.atomic():
            # What somebody has tried again meanwhile is a worker's.
            waiting = rollout.operations.filter(state=OperationState.QUEUED, queued=False)
            held = hold_clients(waiting.values_list("client_id", flat=True))
            rows = waiting.filter(client__in=held)
            closed = list(rows.select_for_update())
            rows.update(state=OperationState.CANCELLED, finished_at=timezone.now())
            log_many(closed, _("The run was stopped before this was begun."))
            advance(rollout.pk)
    except PASSING:
        logger.exception("What was not begun of %s is still open.", rollout)
        return 0
    return len(closed)
