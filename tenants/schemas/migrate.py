"""Bringing one schema up to date with the code."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Protocol

from django.apps import AppConfig, apps
from django.conf import settings
from django.db import transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import StateApps
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext as _

from console.postgres.contexts import owner_rights, tenants_connection
from tenants.schemas.locks import lock_timeout
from tenants.schemas.planned import planned
from tenants.validators import PUBLIC_SCHEMA

#: Takes one line for whoever is watching.
Report = Callable[[str], None]


class StepReport(Protocol):
    """A ``Report`` that can also be told which step of the work the line begins."""

    def __call__(self, line: str, /, *, step: str = "") -> None: ...


def app_configs(schema: str) -> list[AppConfig]:
    """The apps whose tables belong in the schema."""
    names = settings.SHARED_APPS if schema == PUBLIC_SCHEMA else settings.TENANT_APPS
    return [config for config in apps.get_app_configs() if config.name in names]


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
    with owner_rights(schema), tenants_connection().cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations')")
        if cursor.fetchone()[0] is None:
            return frozenset()
        cursor.execute("SELECT app, name FROM django_migrations")
        return frozenset(f"{app}.{name}" for app, name in cursor.fetchall())


def migrate(schema: str, *, report: Report) -> list[str]:
    """Apply what the schema lacks, and return it as ``app.name``, in order.

    Runs as the owner. In a tenant's schema all of it is one transaction, so that a failure leaves
    the schema as it was; a migration that asks not to be in a transaction fails there when the
    caller has one open, as the verbs do.
    In ``public`` each migration is one of its own: the queue's add values to an enumeration,
    which PostgreSQL lets nobody use before they are committed. Each statement waits at most
    ``LOCK_TIMEOUT`` for a lock. Only the apps of that side are applied, recorded
    and given content types and permissions. Raises what the database or the migration raises.
    """
    connection = tenants_connection()
    with owner_rights(schema):
        executor = MigrationExecutor(connection)
        plan = _plan(executor, schema)
        if not plan:
            return []
        if schema != PUBLIC_SCHEMA and all(migration.atomic for migration in plan):
            with transaction.atomic(), lock_timeout():
                _apply_together(executor, plan, schema, report)
        else:
            with lock_timeout():
                _apply_one_by_one(executor, plan, schema, report)
        return [_label(migration) for migration in plan]


def _apply_together(
    executor: MigrationExecutor, plan: list[Migration], schema: str, report: Report
) -> None:
    work = planned(executor, plan)
    steps = [(migration, False) for migration in plan]
    _send(pre_migrate, schema, work.before.apps, steps)
    report(_("Applying %(n)d migrations.") % {"n": len(plan)})
    work.apply(executor, tenants_connection())
    _send(post_migrate, schema, work.after.apps, steps)


def _apply_one_by_one(
    executor: MigrationExecutor, plan: list[Migration], schema: str, report: Report
) -> None:
    connection = tenants_connection()

    def progress(action: str, migration: Any = None, fake: bool = False) -> None:
        if action == "apply_success" and connection.in_atomic_block:
            connection.check_constraints()

    executor.progress_callback = progress
    before = executor._create_project_state(with_applied_migrations=True)
    steps = [(migration, False) for migration in plan]
    _send(pre_migrate, schema, before.apps, steps)
    report(_("Applying %(n)d migrations.") % {"n": len(plan)})
    targets = [(migration.app_label, migration.name) for migration in plan]
    after = executor.migrate(targets, plan=steps, state=before.clone())
    after.clear_delayed_apps_cache()
    _send(post_migrate, schema, after.apps, steps)


def _label(migration: Migration) -> str:
    return f"{migration.app_label}.{migration.name}"


def _plan(executor: MigrationExecutor, schema: str) -> list[Migration]:
    labels = {config.label for config in app_configs(schema)}
    targets = [node for node in executor.loader.graph.leaf_nodes() if node[0] in labels]
    return [migration for migration, _backwards in executor.migration_plan(targets)]


def _send(signal: Any, schema: str, state_apps: StateApps, plan: list[Any]) -> None:
    """Tell Django's listeners, for the apps of this schema alone.

    They make content types and permissions; sent for all apps, as ``migrate`` does, they would
    put the other side's into this schema too.
    """
    for config in app_configs(schema):
        if config.models_module is not None:
            signal.send(
                sender=config,
                app_config=config,
                verbosity=0,
                interactive=False,
                using=tenants_connection().alias,
                apps=state_apps,
                plan=plan,
            )
