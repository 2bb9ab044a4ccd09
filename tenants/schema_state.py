"""How far a client's schema has come, worked out by the query that reads the clients."""

from __future__ import annotations

from django.db.models import (
    Case,
    CharField,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, JSONObject
from django.utils.translation import gettext_lazy as _

from tenants.models import OPEN_STATES, Client, Operation, OperationState, SchemaVersion
from tenants.models.client import SchemaExists
from tenants.schemas.migrate import known_migrations
from tenants.validators import PUBLIC_SCHEMA

PLATFORM = "platform"
NONE = "none"
WAITING = "waiting"
MAKING = "making"
READY = "ready"
BEHIND = "behind"
FAILED = "failed"
MISSING = "missing"
UNKNOWN = "unknown"

#: In the order of the tabs. The console's own row is in none of them.
STATES = {
    NONE: _("No schema"),
    WAITING: _("Waiting"),
    MAKING: _("Being made"),
    READY: _("Ready"),
    BEHIND: _("Behind"),
    FAILED: _("Failed"),
    # Made, by the client's row, and not in the database: somebody dropped it by hand.
    MISSING: _("Missing"),
    # Made before its version was kept on the client's row; the next `prepare` fills that in.
    UNKNOWN: _("Not known"),
}


def with_schema_state(clients: QuerySet[Client]) -> QuerySet[Client]:
    """Adds ``schema_state``, ``behind`` (how many migrations the schema lacks) and ``latest``
    (``id``, ``kind``, ``state`` of the operation that counts: the open one, or else the newest;
    ``None`` where there is none). Takes one query of its own, for the versions that there are."""
    operations = (
        Operation.objects.filter(client=OuterRef("pk"))
        # An operation that is tried again keeps its age, so the open one need not be the newest.
        .order_by(Case(When(state__in=OPEN_STATES, then=0), default=1), "-created_at", "-pk")
    )
    described = JSONObject(id=F("pk"), kind=F("kind"), state=F("state"))
    # Worked out inside: asked for outside, the state would be looked up once for each answer.
    progress = Case(
        *(When(state=state, then=Value(word)) for state, word in _PROGRESS.items()),
        default=Value(NONE),
    )
    is_made = Q(provisioned_at__isnull=False)
    return clients.annotate(
        behind=_behind(),
        latest=Subquery(operations.annotate(described=described).values("described")[:1]),
        schema_state=Case(
            When(schema_name=PUBLIC_SCHEMA, then=Value(PLATFORM)),
            When(is_made & ~Q(SchemaExists("schema_name")), then=Value(MISSING)),
            When(is_made, schema_version=None, then=Value(UNKNOWN)),
            When(is_made, behind__gt=0, then=Value(BEHIND)),
            When(is_made, then=Value(READY)),
            default=Coalesce(
                Subquery(operations.annotate(progress=progress).values("progress")[:1]),
                Value(NONE),
            ),
            output_field=CharField(),
        ),
    )


#: How far a schema that is not there has come, by the state of the operation that counts.
_PROGRESS = {
    OperationState.QUEUED: WAITING,
    OperationState.RUNNING: MAKING,
    OperationState.FAILED: FAILED,
}


def _behind() -> Case:
    """How many of the code's migrations the schema lacks, by the version kept on the row."""
    known = known_migrations()
    lacks = {
        version.pk: len(known.difference(version.migrations))
        for version in SchemaVersion.objects.only("migrations")
    }
    return Case(
        *(When(schema_version=pk, then=Value(number)) for pk, number in lacks.items() if number),
        default=Value(0),
        output_field=IntegerField(),
    )
