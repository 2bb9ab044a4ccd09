"""Bringing one schema up to date with the code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from django.db import transaction
from django.db.migrations import Migration
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
def migrations_of_the_code() -> dict[tuple[str, str], Migration]:
    """All that the code has, by app and name; read once."""
    nodes: dict[tuple[str, str], Migration] = MigrationLoader(None).graph.nodes
    return nodes


@cache
def known_migrations(schema: str = "") -> frozenset[str]:
    """The migrations that a tenant's schema should have, or ``public``, as ``app.name``; read
    once."""
    labels = {config.label for config in app_configs(schema)}
    return frozenset(f"{app}.{name}" for app, name in migrations_of_the_code() if app in labels)


def migrations_alone() -> frozenset[str]:
    """Those of a tenant's migrations that ask to be in no transaction, as ``app.name``."""
    alone = (each for each in migrations_of_the_code().values() if not each.atomic)
    return known_migrations().intersection(map(label_of, alone))


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
    the schema as it was; raises ``InParts`` before anything is done where that cannot be.
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
        if not planned.is_whole:
            raise InParts
        with transaction.atomic(), lock_timeout():
            report(_("Applying %(n)d migrations.") % {"n": len(planned.migrations)})
            _apply_together(planned, schema)
        return planned.labels


class InParts(Exception):
    """What the schema lacks is more than one transaction can have; nothing was done yet.

    A migration that asks to be in none divides it: ``next_part``, again and again.
    """


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

    ``record`` is what ``RECORD`` found in the schema under its lock. Raises ``InParts`` as
    ``migrate`` does.
    """
    applied = frozenset(record)
    with owner_rights(schema):
        if known_migrations() <= _named(applied):
            return Brought([], _named(applied))
        planned = planned_for(applied, schema)
        if not planned.is_whole:
            raise InParts
        _apply_together(planned, schema)
        return Brought(planned.labels, _named(applied | planned.rows))


def next_part(schema: str) -> Planned | None:
    """What comes next of all that the schema lacks; ``None`` where that is nothing.

    Runs as the owner, as the three below do. The caller holds the lock on the schema.
    """
    with owner_rights(schema):
        applied = _applied()
        return None if known_migrations() <= _named(applied) else planned_for(applied, schema)


def apply_part(part: Planned, schema: str, *, wait: str) -> Brought:
    """Apply a part in the caller's transaction; each statement waits at most ``wait`` for a lock.
    Raises as ``migrate`` does."""
    with owner_rights(schema), lock_timeout(wait):
        _apply_together(part, schema)
        return Brought(part.labels, _named(_applied()))


def apply_alone(part: Planned, schema: str, *, wait: str) -> None:
    """Apply a part that is one migration and asks to be in no transaction; in none.

    ``note_alone`` has to follow. Where it does not come to that, or this raises, as ``migrate``
    does, the part comes next once more: what it builds or drops concurrently is mended then.
    """
    with owner_rights(schema), lock_timeout(wait):
        part.apply_alone(tenants_connection())


def note_alone(part: Planned, schema: str) -> Brought:
    """Write down in the schema that the part is applied, with what that brings (content types,
    permissions), in the caller's transaction."""
    with owner_rights(schema):
        part.note(tenants_connection())
        _announce(part, schema)
        return Brought(part.labels, _named(_applied()))


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
    _announce(planned, schema)


def _announce(planned: Planned, schema: str) -> None:
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
