"""Read-only questions about all clients, for the staff's home page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from tenants import schema_state
from tenants.models import OPEN_STATES, Client, Operation, OperationState

#: From how many operations it is worked out how long the next one will take.
RECENT = 50


@dataclass(frozen=True, slots=True)
class ClientCounts:
    """Numbers of clients by how far their schema has come; the console's own row not counted."""

    ready: int
    without_schema: int
    under_way: int
    failed: int

    @property
    def total(self) -> int:
        return self.ready + self.without_schema + self.under_way + self.failed


@dataclass(frozen=True, slots=True)
class OperationCounts:
    """Numbers of operations: those that are not over, and those that failed."""

    open: int
    failed: int


def client_counts() -> ClientCounts:
    """All numbers in one query, by the same rule as the filter of the client list."""
    states = schema_state.count_states(Client.objects.companies())
    return ClientCounts(
        ready=states[schema_state.READY] + states[schema_state.BEHIND],
        without_schema=states[schema_state.NONE],
        under_way=states[schema_state.WAITING] + states[schema_state.MAKING],
        failed=states[schema_state.FAILED],
    )


def failed_migrations() -> int:
    """How many clients have a schema whose last migration failed."""
    clients = schema_state.with_schema_state(Client.objects.provisioned())
    return clients.filter(latest__state=OperationState.FAILED).count()


def operation_counts() -> OperationCounts:
    """Both numbers in one query."""
    counts = Operation.objects.aggregate(
        open=Count("pk", filter=Q(state__in=OPEN_STATES)),
        failed=Count("pk", filter=Q(state=OperationState.FAILED)),
    )
    return OperationCounts(**counts)


def unresolved(operations: QuerySet[Operation]) -> QuerySet[Operation]:
    """Those that failed and were not made good since: the client has no later success, and
    nothing that is not over."""
    others = Operation.objects.filter(client=OuterRef("client"))
    better = others.filter(
        Q(state__in=OPEN_STATES)
        | Q(state=OperationState.SUCCEEDED, finished_at__gt=OuterRef("finished_at"))
    )
    return operations.filter(~Exists(better), state=OperationState.FAILED)


def usual_duration(kind: str) -> timedelta | None:
    """How long such an operation took in the middle of the last ones that were done, or ``None``
    where there was none."""
    done = Operation.objects.filter(kind=kind, state=OperationState.SUCCEEDED)
    times = done.filter(started_at__isnull=False, finished_at__isnull=False)
    took = [end - start for start, end in times.values_list("started_at", "finished_at")[:RECENT]]
    return median(took) if took else None


def latest_operations(limit: int) -> list[Operation]:
    """The newest operations first, each with its client."""
    return list(Operation.objects.select_related("client")[:limit])
