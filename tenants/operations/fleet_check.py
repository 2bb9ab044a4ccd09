"""Looking at every client's schema and at every schema there is, and writing down what is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts.models import User
from tenants.exceptions import SchemaBusy
from tenants.models import (
    DIFFERENCES_AT_MOST,
    CheckReason,
    Client,
    FindingKind,
    FleetCheck,
    SchemaFinding,
    SchemaVersion,
)
from tenants.models.client import SchemaExists
from tenants.operations.authorise import PROVISION, require
from tenants.operations.locking import LOCK_NOT_AVAILABLE
from tenants.operations.queue import enqueue_fleet_check
from tenants.operations.share import LIFETIME, PATIENCE
from tenants.schemas.inspect import are_alike, definitions_of, schema_exists, schemas_among
from tenants.schemas.locks import lasting_lock, lock_timeout, schema_lock
from tenants.schemas.migrate import Report, known_migrations
from tenants.schemas.records import applied_in, like_ours, schemas_for_tenants
from tenants.schemas.rights import sync_rights
from tenants.schemas.template import ensure_template, objects_of_template

#: Of the checks of before, so many are kept.
CHECKS_KEPT = 50
#: After so many schemas whoever watches is told.
_TOLD_EVERY = 100
#: What a difference in rights is about, in place of an object.
RIGHTS = "rights"

Difference = dict[str, str]


@dataclass(slots=True)
class _Found:
    """What a check has found so far."""

    findings: list[SchemaFinding] = field(default_factory=list)
    #: Schemas that others were at work on: whether they had drifted stays as it was known.
    passed_over: list[str] = field(default_factory=list)


def verify_fleet(*, reason: CheckReason, asked_by: str = "", report: Report) -> FleetCheck:
    """Compare every schema with what it should be, and keep what was found in place of what the
    last check had found.

    Notes which migrations each schema has. Finds clients whose schema is not there, schemas that
    no client has, and schemas that are up to date but differ from the template: in an object, or
    in what the roles may do. Changes no schema. Runs as the owner, each schema in a transaction of
    its own; one is locked only where it seems to differ, to be sure. Of two checks at once, the
    second waits for the first.
    """
    ensure_template(report=report)
    # In a connection of its own, for the work has several, one after the other.
    with lasting_lock("check of the fleet"):
        started_at = timezone.now()
        there = schemas_for_tenants()
        found = _Found()
        clients = {c.schema_name: c for c in Client.objects.provisioned().order_by("schema_name")}
        _note_versions([clients[name] for name in clients if name in there])
        found.findings += _missing()
        found.findings += _orphaned(there - clients.keys())
        found.findings += _drifted(found, report)
        with transaction.atomic():
            _keep(found)
            check = FleetCheck.objects.create(
                started_at=started_at,
                finished_at=timezone.now(),
                reason=reason,
                asked_by_email=asked_by,
                schemas=len(there | clients.keys()),
                passed_over=found.passed_over,
            )
            old = FleetCheck.objects.values_list("pk", flat=True)[CHECKS_KEPT:]
            FleetCheck.objects.filter(pk__in=list(old)).delete()
    return check


def request_check(*, acting_user: User) -> bool:
    """Have a worker do it; ``False`` where one is to do it already. Raises ``NotAllowed``."""
    require(acting_user, PROVISION)
    return enqueue_fleet_check(asked_by=acting_user.email)


def _note_versions(clients: list[Client]) -> None:
    """Keep on the clients' rows what their schemas' own records say.

    A client whose schema is migrated meanwhile keeps what that has written.
    """
    known = known_migrations()
    groups: dict[frozenset[str], list[Client]] = defaultdict(list)
    records = applied_in(client.schema_name for client in clients)
    for client in clients:
        if client.schema_name in records:
            groups[records[client.schema_name] & known].append(client)
    for migrations, members in groups.items():
        version = SchemaVersion.objects.of(migrations)
        before: dict[int | None, list[int]] = defaultdict(list)
        for client in members:
            before[client.schema_version_id].append(client.pk)
        before.pop(version.pk, None)
        for old, keys in before.items():
            unchanged = Client.objects.filter(pk__in=keys, schema_version=old)
            unchanged.update(schema_version=version)


def _missing() -> Iterator[SchemaFinding]:
    """Asked of rows and catalog by one statement: a drop changes both at the same moment."""
    without = Client.objects.provisioned().exclude(SchemaExists("schema_name"))
    for client in without:
        yield SchemaFinding(schema_name=client.schema_name, client=client, kind=FindingKind.MISSING)


def _orphaned(names: set[str]) -> Iterator[SchemaFinding]:
    """Of these schemas, those that are there and that no client has, now that it is asked again."""
    taken = Client.objects.filter(schema_name__in=names)
    clients = {client.schema_name: client for client in taken}
    ours = like_ours(names)
    for name in sorted(schemas_among(names)):
        client = clients.get(name)
        if client is None or not client.is_provisioned:
            yield SchemaFinding(
                schema_name=name,
                client=client,
                kind=FindingKind.ORPHANED,
                is_ours=name in ours,
            )


def _drifted(found: _Found, report: Report) -> Iterator[SchemaFinding]:
    expected = objects_of_template()
    if expected is None:
        report(_("There is no template to compare with, so rights alone are compared."))
    newest = SchemaVersion.objects.of(known_migrations())
    clients = Client.objects.provisioned().filter(SchemaExists("schema_name"))
    number = len(clients := list(clients.order_by("schema_name")))
    for done, client in enumerate(clients, start=1):
        if done % LIFETIME == 0 and not connection.in_atomic_block:
            connection.close()  # It remembers 0.1 MB of each schema.
        if done % _TOLD_EVERY == 0:
            report(_("Compared %(done)d of %(number)d schemas.") % {"done": done, "number": number})
        # What a schema that is behind will look like is known when it is not behind any more.
        wanted = expected if client.schema_version_id == newest.pk else None
        try:
            differences = _differences(client.schema_name, wanted)
            if differences:
                # Whoever was at work on it may have been half way through.
                with schema_lock(client.schema_name):
                    differences = _differences(client.schema_name, wanted)
        except SchemaBusy:
            found.passed_over.append(client.schema_name)
            continue
        if differences:
            yield SchemaFinding(
                schema_name=client.schema_name,
                client=client,
                kind=FindingKind.DRIFTED,
                differences=differences[:DIFFERENCES_AT_MOST],
                difference_count=len(differences),
            )


def _differences(schema: str, expected: dict[str, str] | None) -> list[Difference]:
    """How a schema differs from these objects, and from the rights that it should have; nothing
    where it was dropped meanwhile. Raises ``SchemaBusy`` where somebody has closed a table that
    PostgreSQL asks for, as it does to write a view down."""
    try:
        with transaction.atomic(), lock_timeout(PATIENCE):
            rights = sync_rights(schema, dry_run=True)
            actual = definitions_of(schema) if expected is not None else {}
    except DatabaseError as exc:
        if getattr(exc.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE:
            raise SchemaBusy(schema=schema) from exc
        if schema_exists(schema):
            raise
        return []
    expected = expected or {}
    names = sorted(expected | actual)
    differing = [n for n in names if not are_alike(expected.get(n), actual.get(n))]
    return [
        *({"object": RIGHTS, "expected": "", "found": w} for w in rights.mended + rights.left),
        *(
            {"object": name, "expected": expected.get(name, ""), "found": actual.get(name, "")}
            for name in differing
        ),
    ]


def _keep(found: _Found) -> None:
    """In place of what was found before; what is found again keeps the day of the first time."""
    before = {
        (row.schema_name, row.kind): row
        for row in SchemaFinding.objects.exclude(
            kind=FindingKind.DRIFTED, schema_name__in=found.passed_over
        )
    }
    for finding in found.findings:
        if old := before.get((finding.schema_name, finding.kind)):
            finding.found_at = old.found_at
    SchemaFinding.objects.filter(pk__in=[row.pk for row in before.values()]).delete()
    SchemaFinding.objects.bulk_create(found.findings, batch_size=500)
