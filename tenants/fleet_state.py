"""How all schemas are, from what is kept of them: counts by state, and what those behind lack."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from tenants import schema_state, stats
from tenants.models import Client, ClientStatus, FindingKind, FleetCheck, SchemaFinding
from tenants.schemas.migrate import known_migrations


@dataclass(frozen=True, slots=True)
class BehindGroup:
    """Clients whose schemas lack the same migrations."""

    version: int
    clients: int
    #: As ``app.name``, in order.
    lacks: list[str]


@dataclass(frozen=True, slots=True)
class FleetState:
    """Of clients in use; of those that are archived, the number that have their schema."""

    current: int
    behind: int
    #: Made before it was kept which migrations a schema has.
    unknown: int
    #: Without a schema yet, or on the way to one.
    unmade: int
    archived: int
    #: Whose last operation failed and was not made good since.
    failed: int
    #: By the last check.
    missing: int
    orphaned: int
    drifted: int
    groups: list[BehindGroup]
    check: FleetCheck | None

    @property
    def is_fine(self) -> bool:
        return not (self.missing or self.orphaned or self.drifted or self.failed)


def fleet_state() -> FleetState:
    """The same number of queries for any number of clients."""
    by_schema = stats.client_counts().by_schema
    findings = dict(
        SchemaFinding.objects.standing().order_by().values_list("kind").annotate(Count("pk"))
    )
    archived = Client.objects.provisioned().filter(status=ClientStatus.ARCHIVED)
    unmade = (schema_state.NONE, schema_state.WAITING, schema_state.MAKING, schema_state.FAILED)
    return FleetState(
        current=by_schema[schema_state.READY],
        behind=by_schema[schema_state.BEHIND],
        unknown=by_schema[schema_state.UNKNOWN],
        unmade=sum(by_schema[state] for state in unmade),
        archived=archived.count(),
        failed=stats.operation_counts().unresolved,
        missing=findings.get(FindingKind.MISSING, 0),
        orphaned=findings.get(FindingKind.ORPHANED, 0),
        drifted=findings.get(FindingKind.DRIFTED, 0),
        groups=behind_groups(),
        check=FleetCheck.objects.first(),
    )


def behind_groups() -> list[BehindGroup]:
    """The clients in use whose schemas are behind, by what these lack: the most of them first."""
    known = known_migrations()
    clients = schema_state.with_schema_state(Client.objects.in_use()).order_by()
    behind = clients.filter(schema_state=schema_state.BEHIND)
    rows = behind.values_list("schema_version", "schema_version__migrations").annotate(Count("pk"))
    groups = [
        BehindGroup(version, number, sorted(known.difference(migrations)))
        for version, migrations, number in rows
    ]
    return sorted(groups, key=lambda group: (-group.clients, group.version))
