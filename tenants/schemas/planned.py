"""Migrations that are planned once for all schemas that lack the same.

What takes most of the time to migrate a schema is not its tables: it is to work out how the
models look before and after each operation, and what SQL that comes to. Both are the same for all
of them: the first schema is migrated by Django's operations, the others by the SQL that these sent.

A migration that asks to be in no transaction (``atomic = False``) divides what a schema lacks: a
plan goes as far as one transaction does, or it is such a migration alone.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from itertools import takewhile

from django.db import DatabaseError, transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from django.db.models.signals import pre_migrate

from console.postgres.backend.base import DatabaseWrapper
from console.postgres.contexts import tenants_connection
from tenants.schemas.announce import announce, app_configs, is_news
from tenants.schemas.concurrently import ConcurrentEditor, PlainEditor
from tenants.schemas.failing import PASSING, MigrationFailed, label_of, naming
from tenants.schemas.recorded import CHECK, Act, Recording, RecordingEditor, is_plain, is_python

Step = tuple[Operation, ProjectState, ProjectState]
#: What a schema's own record says was applied, as app and name.
Applied = frozenset[tuple[str, str]]


class Planned:
    """What schemas lack that have applied the same, as far as it is one part, and how it is done.

    A schema that has nothing yet gets all of it in one transaction: nobody uses its tables, and
    what would be built beside people's work is built plainly.
    """

    def __init__(self, executor: MigrationExecutor, schema: str, *, is_empty: bool) -> None:
        self._loader = executor.loader
        self._is_empty = is_empty
        missing = plan_of(executor, schema)
        self.migrations = missing if is_empty else _first_part(missing)
        #: Whether nothing is missing after this part.
        self.is_last = len(self.migrations) == len(missing)
        #: Whether it is one migration that asks to be in no transaction.
        self.is_alone = not is_empty and any(not each.atomic for each in self.migrations)
        self.before = executor._create_project_state(with_applied_migrations=True)
        _ = (
            self.before.apps
        )  # Rendered here, each state after it renders what is other than before.
        # Before the steps are worked out: listeners add operations to the migrations.
        announce(pre_migrate, schema, self.before.apps, self.migrations)
        self._work, self.after = _work_out(self.before, self.migrations)
        self.is_news = is_news(self.before, self.after, self.migrations)
        self._recording: Recording | None = None
        #: Whether the recording was right for a second schema.
        self._is_proved = False

    @property
    def is_whole(self) -> bool:
        """Whether one transaction is enough for all that is missing."""
        return self.is_last and not self.is_alone

    @property
    def labels(self) -> list[str]:
        return [label_of(migration) for migration in self.migrations]

    @property
    def rows(self) -> Applied:
        """What a schema's record has afterwards that it had not; known once it was applied."""
        return frozenset(self._recording.rows if self._recording else ())

    def apply(self, connection: DatabaseWrapper) -> None:
        """Apply the migrations to the schema of the connection, in the caller's transaction.

        A schema for which the recorded SQL fails is not as the others are, and is migrated by
        Django's operations, which ask it for what they need. Raises ``MigrationFailed`` where
        these fail too, and what may pass as it is.
        """
        self._forget_rows()
        if self._recording is None:
            self._recording = self._record(connection)
            return
        try:
            self._recording.replay(connection)
        except (*PASSING, MigrationFailed):
            raise  # A piece of Python would fail again.
        except DatabaseError:
            Recording.undo(connection)
            self._forget_rows()
            recording = self._record(connection)
            if not self._is_proved:
                # It may have been the first that is not as the others are.
                self._recording = recording
        else:
            self._is_proved = True

    def apply_alone(self, connection: DatabaseWrapper) -> None:
        """Apply the one migration that asks to be in no transaction to the schema of the
        connection, by Django's operations; ``note`` has to follow.

        Can be done again after it has failed in the middle, as far as it builds and drops indexes.
        Raises as ``apply`` does.
        """
        self._forget_rows()
        ((migration, steps),) = self._work
        editor = ConcurrentEditor(connection)
        try:
            with naming(migration, connection), editor:
                for operation, before, after in steps:
                    # As Django does it: an operation may ask for a transaction of its own.
                    own = transaction.atomic(connection.alias) if operation.atomic else None
                    with own or nullcontext():
                        operation.database_forwards(migration.app_label, editor, before, after)
        except Exception:
            editor.clear_up()
            raise

    def note(self, connection: DatabaseWrapper) -> None:
        """Write into the schema's own record that the migrations are applied."""
        executor = self.executor(connection)
        for migration in self.migrations:
            executor.record_migration(migration)
        executor.check_replacements()

    def executor(self, connection: DatabaseWrapper) -> MigrationExecutor:
        """Django's, on the graph that is there already."""
        return _Executor(connection, self._loader)

    def _forget_rows(self) -> None:
        """Content types have other keys in each schema, and their manager remembers them."""
        states = [self.before, *(after for _m, steps in self._work for _o, _b, after in steps)]
        for state in states:
            if ("contenttypes", "contenttype") in state.models and "apps" in state.__dict__:
                state.apps.get_model("contenttypes", "ContentType").objects.clear_cache()

    def _record(self, connection: DatabaseWrapper) -> Recording:
        """Apply the migrations by Django's operations, and say what they sent."""
        executor, recording = self.executor(connection), Recording()
        if self._is_empty:
            recording.add(_make_record)
            _make_record(connection)
        newest = _newest_row(connection)
        for migration, steps in self._work:
            with naming(migration, connection):
                for part in _apply(migration, steps, connection):
                    recording.add(part)
                connection.check_constraints()
                recording.add(CHECK)
            executor.record_migration(migration)
        executor.check_replacements()
        recording.add_rows(_rows_after(connection, newest))
        return recording


class _Executor(MigrationExecutor):
    def __init__(self, connection: DatabaseWrapper, loader: MigrationLoader) -> None:
        self.connection, self.loader = connection, loader
        self.recorder = MigrationRecorder(connection)
        self.progress_callback = None


def plan_of(executor: MigrationExecutor, schema: str) -> list[Migration]:
    """What the schema lacks that the executor has looked at, in order."""
    labels = {config.label for config in app_configs(schema)}
    targets = [node for node in executor.loader.graph.leaf_nodes() if node[0] in labels]
    return [migration for migration, _backwards in executor.migration_plan(targets)]


def _first_part(missing: list[Migration]) -> list[Migration]:
    return list(takewhile(lambda each: each.atomic, missing)) or missing[:1]


def _work_out(
    before: ProjectState, plan: list[Migration]
) -> tuple[list[tuple[Migration, list[Step]]], ProjectState]:
    work, state = [], before
    for migration in plan:
        steps: list[Step] = []
        for operation in migration.operations:
            after = state.clone()
            operation.state_forwards(migration.app_label, after)
            steps.append((operation, state, after))
            state = after
        work.append((migration, steps))
    state.clear_delayed_apps_cache()
    return work, state


def _apply(migration: Migration, steps: list[Step], connection: DatabaseWrapper) -> list[str | Act]:
    """Apply one migration, and return how it is done in another schema."""
    whole: Act = partial(_run, migration, steps)
    if not is_plain(migration):
        whole(connection)
        return [whole]
    parts: list[str | Act] = []
    is_odd = False
    with RecordingEditor(connection, parts.append, plainly=not migration.atomic) as editor:
        for step in steps:
            operation, before, after = step
            if is_python(operation):
                is_odd |= editor.run(operation, migration.app_label, editor, before, after)
                parts.append(partial(_run, migration, [step]))
            else:
                operation.database_forwards(migration.app_label, editor, before, after)
    return [whole] if is_odd or editor.found_none else parts


def _run(migration: Migration, steps: list[Step], connection: DatabaseWrapper) -> None:
    own = connection.schema_editor() if migration.atomic else PlainEditor(connection)
    with naming(migration, connection), own as editor:
        for operation, before, after in steps:
            operation.database_forwards(migration.app_label, editor, before, after)


def _make_record(connection: DatabaseWrapper) -> None:
    MigrationRecorder(connection).ensure_schema()


def _newest_row(connection: DatabaseWrapper) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM django_migrations")
        return int(cursor.fetchone()[0])


def _rows_after(connection: DatabaseWrapper, newest: int) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT app, name FROM django_migrations WHERE id > %s ORDER BY id", [newest]
        )
        return list(cursor.fetchall())


#: How many plans are kept: one for new schemas, and some for those that are behind, which may have
#: several parts. Many in a row lack the same, and a plan takes some memory.
_KEPT = 8
_plans: dict[Applied, Planned] = {}


def planned_for(applied: Applied, schema: str) -> Planned:
    """The plan for a schema that has applied this, worked out unless a recent one was the same.

    The connection is in the schema, as the owner.
    """
    found = _plans.pop(applied, None)
    if found is None:
        found = Planned(MigrationExecutor(tenants_connection()), schema, is_empty=not applied)
    _plans[applied] = found  # The last that was used is the last to go.
    while len(_plans) > _KEPT:
        del _plans[next(iter(_plans))]
    return found


def forget_plans() -> None:
    """For tests, where the migrations change while the process lives."""
    _plans.clear()
