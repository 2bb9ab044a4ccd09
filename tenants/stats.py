"""Read-only questions about all clients and operations, for the staff's home page and others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from statistics import median

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateWorker

from tenants import schema_state
from tenants.models import (
    OPEN_STATES,
    Client,
    ClientStatus,
    Operation,
    OperationKind,
    OperationState,
    Plan,
    Rollout,
    RolloutState,
)

#: From how many operations it is worked out how long the next one will take.
RECENT = 50
#: A trial that ends within so many days is near its end.
TRIAL_SOON = timedelta(days=14)
#: An active client of which nobody signed in for so long has gone quiet.
QUIET_AFTER = timedelta(days=30)
#: A worker says every few seconds that it is there; after so long, it is not.
WORKER_GONE_AFTER = timedelta(minutes=1)


@dataclass(slots=True)
class ClientCounts:
    """Numbers of clients; the console's own row is not counted."""

    #: Of every status, in the order of the choices.
    by_status: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ClientStatus.values, 0))
    #: Of those in use, by the key of the plan (``None``: no plan).
    by_plan: dict[int | None, int] = field(default_factory=dict)
    #: Of those in use, by how far the schema has come.
    by_schema: dict[str, int] = field(default_factory=lambda: dict.fromkeys(schema_state.STATES, 0))

    @property
    def total(self) -> int:
        return sum(self.by_status.values())

    @property
    def archived(self) -> int:
        return self.by_status[ClientStatus.ARCHIVED]

    @property
    def in_use(self) -> int:
        return self.total - self.archived


@dataclass(frozen=True, slots=True)
class ClientDates:
    """Numbers of clients for which a day has come, or soon will."""

    trial_soon: int
    trial_over: int
    removal_due: int
    quiet: int


@dataclass(frozen=True, slots=True)
class OperationCounts:
    """Numbers of operations that are not over, and of clients whose last one failed for good."""

    waiting: int
    running: int
    unresolved: int

    @property
    def open(self) -> int:
        return self.waiting + self.running


def client_counts() -> ClientCounts:
    """All numbers in one query, by the same rules as the filters of the client list."""
    rows = schema_state.with_schema_state(Client.objects.companies()).order_by()
    counts = ClientCounts()
    for status, plan, schema, number in rows.values_list("status", "plan", "schema_state").annotate(
        Count("pk")
    ):
        counts.by_status[status] += number
        if status != ClientStatus.ARCHIVED:
            counts.by_plan[plan] = counts.by_plan.get(plan, 0) + number
            counts.by_schema[schema] = counts.by_schema.get(schema, 0) + number
    return counts


def plans() -> list[Plan]:
    return list(Plan.objects.only("code", "name", "position"))


def client_dates() -> ClientDates:
    """All numbers in one query."""
    today, now = timezone.localdate(), timezone.now()
    in_use = ~Q(status=ClientStatus.ARCHIVED)
    counts = Client.objects.companies().aggregate(
        trial_soon=Count("pk", filter=in_use & Q(trial_ends_on__range=(today, today + TRIAL_SOON))),
        trial_over=Count("pk", filter=in_use & Q(trial_ends_on__lt=today)),
        removal_due=Count("pk", filter=removal_due()),
        quiet=Count(
            "pk", filter=Q(status=ClientStatus.ACTIVE, last_active_at__lt=now - QUIET_AFTER)
        ),
    )
    return ClientDates(**counts)


def removal_due() -> Q:
    """Clients that are archived with their schema, and whose kept-until day has come."""
    return Q(
        status=ClientStatus.ARCHIVED,
        provisioned_at__isnull=False,
        removal_on__lte=timezone.localdate(),
    )


def trials_ending(limit: int) -> list[Client]:
    """Clients in use whose trial ends soon, the next one first."""
    today = timezone.localdate()
    soon = Client.objects.in_use().filter(trial_ends_on__range=(today, today + TRIAL_SOON))
    return list(soon.only("name", "trial_ends_on").order_by("trial_ends_on", "name", "pk")[:limit])


def sign_ups(months: int) -> list[tuple[date, int]]:
    """How many clients were added in each of the last months, this one included: the first day
    of each month and the number, the oldest first. One query."""
    this_month = timezone.localdate().replace(day=1)
    first_days = [_months_before(this_month, number) for number in reversed(range(months))]
    since = timezone.make_aware(datetime.combine(first_days[0], time.min))
    rows = Client.objects.companies().filter(created_at__gte=since).order_by()
    found = rows.values_list(TruncMonth("created_at")).annotate(Count("pk"))
    counts = {timezone.localdate(moment): number for moment, number in found}
    return [(day, counts.get(day, 0)) for day in first_days]


def _months_before(first_day: date, number: int) -> date:
    years, month = divmod(first_day.year * 12 + first_day.month - 1 - number, 12)
    return date(years, month + 1, 1)


def operation_counts() -> OperationCounts:
    """All numbers, in two queries that an index answers."""
    open_ones = dict(Operation.objects.open().order_by().values_list("state").annotate(Count("pk")))
    return OperationCounts(
        waiting=open_ones.get(OperationState.QUEUED, 0),
        running=open_ones.get(OperationState.RUNNING, 0),
        unresolved=unresolved(Operation.objects.all()).count(),
    )


def paused_rollouts() -> int:
    """How many rollouts go on when somebody says so; an index has those that are not over."""
    return Rollout.objects.filter(state=RolloutState.PAUSED).count()


def is_worker_there() -> bool:
    return workers() > 0


def workers() -> int:
    """How many workers have said of late that they are there."""
    lately = timezone.now() - WORKER_GONE_AFTER
    return ProcrastinateWorker.objects.filter(last_heartbeat__gt=lately).count()


def unresolved(operations: QuerySet[Operation]) -> QuerySet[Operation]:
    """Of each client that has failures which were not made good, the newest: as many as there are
    schemas that somebody should look at, and the ones to try again."""
    newer = not_made_good(
        Operation.objects.filter(client=OuterRef("client"), pk__gt=OuterRef("pk"))
    )
    return not_made_good(operations).filter(~Exists(newer))


def not_made_good(operations: QuerySet[Operation]) -> QuerySet[Operation]:
    """Those that failed, of clients that have no later success and nothing that is not over. Of an
    archived client nothing is made good but a drop, and a drop of no other."""
    others = Operation.objects.filter(client=OuterRef("client"))
    better = others.filter(
        Q(state__in=OPEN_STATES)
        | Q(state=OperationState.SUCCEEDED, finished_at__gt=OuterRef("finished_at"))
    )
    given_up = Q(kind=OperationKind.DROP_SCHEMA) ^ Q(client__status=ClientStatus.ARCHIVED)
    return operations.filter(~Exists(better), ~given_up, state=OperationState.FAILED)


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
