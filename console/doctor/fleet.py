"""All clients and all schemas: whether one is there for the other, and as the code wants it."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db import connection

from console.doctor.findings import Finding, Verdict, found, listed
from tenants.models import Client
from tenants.operations.sync_roles import sync_roles
from tenants.operations.versions import read_version
from tenants.schemas.hidden import hidden_schemas
from tenants.schemas.inspect import schemas_among
from tenants.schemas.migrate import missing_migrations
from tenants.schemas.rights import drop_left_over_roles
from tenants.validators import PUBLIC_SCHEMA

_SCHEMAS = r"""
SELECT nspname FROM pg_namespace
WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public') ORDER BY nspname
"""


def fleet() -> Iterator[Finding]:
    """Runs as the owner; changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_SCHEMAS)
        there = {name for (name,) in cursor.fetchall()} - set(hidden_schemas())
    clients = {client.schema_name: client for client in Client.objects.companies()}
    ready = {name for name, client in clients.items() if client.is_provisioned}
    # Both are asked again: somebody may have made or dropped one between the two questions.
    missing = sorted(ready - there - schemas_among(ready - there))
    yield found(
        "fleet.missing",
        f"Look for the schemas of the {len(ready)} clients that should have one.",
        f"There is none of {listed(missing)}." if missing else "All are there.",
        fine=not missing,
        to_do="Bring them back from a backup; their hosts answer 503 until then.",
    )
    orphans = sorted(schemas_among(there - ready))
    yield found(
        "fleet.orphans",
        f"Look for the clients of the {len(there)} schemas.",
        f"{listed(orphans)} have none." if orphans else "All have one.",
        fine=not orphans,
        bad=Verdict.WARNING,
        to_do="Find out whose they are before anything is dropped: a client of that schema name "
        "that was not made, a restore, or another program.",
    )
    left = [report.schema for report in drop_left_over_roles(dry_run=True)]
    yield found(
        "fleet.roles",
        "Look for roles of schemas that are not there.",
        f"Of {listed(left)}." if left else "There are none.",
        fine=not left,
        bad=Verdict.WARNING,
        to_do="Run “manage.py sync_roles”.",
    )
    yield from _versions([clients[name] for name in sorted(ready & there)])
    yield _rights(sorted({PUBLIC_SCHEMA} | (ready & there)))


def _versions(clients: list[Client]) -> Iterator[Finding]:
    behind = sorted(missing_migrations(client.schema_name for client in clients))
    yield found(
        "fleet.behind",
        f"Read what {len(clients)} schemas say was applied to them.",
        f"{listed(behind)} lack migrations that the code has." if behind else "All are up to date.",
        fine=not behind,
        to_do="Run “manage.py migrate_schemas --tenant”. Their pages are closed until then.",
    )
    differing = [c.schema_name for c in clients if c.schema_version_id != read_version(c).pk]
    yield found(
        "fleet.fingerprints",
        "Compare that with what is kept on the clients' rows.",
        f"It differs for {listed(differing)}." if differing else "They agree.",
        fine=not differing,
        to_do="Somebody migrated or restored them past the console: its pages open or close them "
        "by what is kept. “Migrate schema” on the client's page reads it anew.",
    )


def _rights(schemas: list[str]) -> Finding:
    reports = list(sync_roles(schemas, dry_run=True))
    wrong = [f"{r.schema}: {line}" for r in reports for line in r.mended + r.left]
    return found(
        "fleet.rights",
        f"Compare the rights in {len(schemas)} schemas with those that should be there.",
        listed(wrong, limit=5) if wrong else f"As they should be, for {settings.WEB_ROLE} and all.",
        fine=not wrong,
        to_do="Run “manage.py sync_roles”.",
    )
