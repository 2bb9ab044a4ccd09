"""Bringing one schema up to date with the code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from django.db import transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext as _
from psycopg.sql import SQL

from console.postgres.contexts import owner_rights, tenants_connection
from tenants.schemas.announce import announce, app_configs
from tenants.schemas.failing import label_of
from tenants.schemas.locks import lock_timeout
from tenants.schemas.planned import Applied, Planned, plan_of, planned_for
from tenants.validators import PUBLIC_SCHEMA

#: Takes one line for whoever is watching.
Report = Callable[[str], None]


class StepReport(Protocol):
    """A ``Report`` that can also be told which step of the work the line begins."""

    def __call__(self, line: str, /, *, step: str = "") -> None: ...


@cache
def known_migrations(schema: str = "") -> frozenset[str]:
    """The migrations that a tenant's schema should have, or ``public``, as ``app.name``; read
    once."""
    labels = {config.label for config in app_configs(schema)}
    nodes = MigrationLoader(None).graph.nodes
    return frozenset(f"{app}.{name}" for app, name in nodes if app in labels)


def missing_migrations(schemas: Iterable[str]) -> dict[str, list[str]]:
    """What each tenant's schema lacks, as ``app.name``; schemas that lack nothing are left out.

    Each schema's record is read with one query, as the owner. A schema that the database does
    not have lacks everything.
    """
    missing = {}
    for schema in schemas:
        if lacks := sorted(known_migrations() - applied_migrations(schema)):
            missing[schema] = lacks
    return missing


def applied_migrations(schema: str) -> frozenset[str]:
    """What the schema's own record says was applied, as ``app.name``; one or two queries."""
    with owner_rights(schema):
        return _named(_applied())


def migrate(schema: str, *, report: Report) -> list[str]:
    """Apply what the schema lacks, and return it as ``app.name``, in order.

    Runs as the owner. In a tenant's schema all of it is one transaction, so that a failure leaves
    the schema as it was; a migration that asks not to be in a transaction fails there when the
    caller has one open, as the verbs do.
    In ``public`` each migration is one of its own: the queue's add values to an enumeration,
    which PostgreSQL lets nobody use before they are committed. Each statement waits at most
    ``LOCK_TIMEOUT`` for a lock. Only the apps of that side are applied, recorded
    and given content types and permissions. Raises ``MigrationFailed`` for a tenant's schema, and
    what the database or the migration raises that may pass, or in ``public``.
    """
    with owner_rights(schema):
        if schema == PUBLIC_SCHEMA:
            return _apply_one_by_one(MigrationExecutor(tenants_connection()), schema, report)
        applied = _applied()
        if known_migrations() <= _named(applied):
            return []
        planned = planned_for(applied, schema)
        if not planned.is_atomic:
            return _apply_one_by_one(MigrationExecutor(tenants_connection()), schema, report)
        with transaction.atomic(), lock_timeout():
            report(_("Applying %(n)d migrations.") % {"n": len(planned.migrations)})
            _apply_together(planned, schema)
        return planned.labels


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of bringing a schema up to date."""

    #: What was applied now, as ``app.name``, in order.
    applied: list[str]
    #: All that the schema has by now.
    has: frozenset[str]


@contextmanager
def at_work_on(schema: str) -> Iterator[None]:
    """The block runs in the schema as the owner, so that all it does takes one change of scope;
    what it asks of ``public`` it has to name."""
    with owner_rights(schema):
        yield


#: Reads the record of the connection's schema, for ``bring_up_to_date``.
RECORD = SQL("SELECT app, name FROM django_migrations")


def bring_up_to_date(schema: str, record: Iterable[tuple[str, str]]) -> Brought:
    """The same for one of many, with as few words to the server as can be: belongs in the
    caller's transaction, which bounds the wait for locks and is rolled back if this raises.

    ``record`` is what ``RECORD`` found in the schema under its lock.
    """
    applied = frozenset(record)
    with owner_rights(schema):
        if known_migrations() <= _named(applied):
            return Brought([], _named(applied))
        planned = planned_for(applied, schema)
        _apply_together(planned, schema)
        return Brought(planned.labels, _named(applied | planned.rows))


def _applied() -> Applied:
    """What the record of the connection's schema says; nothing where it has none."""
    with tenants_connection().cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations')")
        if cursor.fetchone()[0] is None:
            return frozenset()
        cursor.execute(RECORD)
        return frozenset(cursor.fetchall())


def _named(applied: Applied) -> frozenset[str]:
    return frozenset(f"{app}.{name}" for app, name in applied)


def _apply_together(planned: Planned, schema: str) -> None:
    planned.apply(tenants_connection())
    if planned.is_news:
        announce(post_migrate, schema, planned.after.apps, planned.migrations)


def _apply_one_by_one(executor: MigrationExecutor, schema: str, report: Report) -> list[str]:
    connection = tenants_connection()
    plan = plan_of(executor, schema)
    if not plan:
        return []

    def progress(action: str, migration: Any = None, fake: bool = False) -> None:
        if action == "apply_success" and connection.in_atomic_block:
            connection.check_constraints()

    executor.progress_callback = progress
    before = executor._create_project_state(with_applied_migrations=True)
    announce(pre_migrate, schema, before.apps, plan)
    report(_("Applying %(n)d migrations.") % {"n": len(plan)})
    targets = [(migration.app_label, migration.name) for migration in plan]
    steps = [(migration, False) for migration in plan]
    with lock_timeout():
        after = executor.migrate(targets, plan=steps, state=before.clone())
    after.clear_delayed_apps_cache()
    announce(post_migrate, schema, after.apps, plan)
    return [label_of(migration) for migration in plan]
