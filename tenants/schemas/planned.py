"""Migrations that are planned once for all schemas that lack the same.

What takes most of the time to migrate a schema is not its tables: it is to work out how the
models look before and after each operation, and that is the same for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from console.postgres.backend.base import DatabaseWrapper

Step = tuple[Operation, ProjectState, ProjectState]


@dataclass(frozen=True)
class Planned:
    """The migrations of a plan, and for each operation the models before and after it."""

    work: list[tuple[Migration, list[Step]]]
    before: ProjectState
    after: ProjectState

    def forget_rows(self) -> None:
        """Content types have other keys in each schema, and their manager remembers them."""
        states = [self.before, *(after for _m, steps in self.work for _o, _b, after in steps)]
        for state in states:
            if ("contenttypes", "contenttype") in state.models and "apps" in state.__dict__:
                state.apps.get_model("contenttypes", "ContentType").objects.clear_cache()

    def apply(self, executor: MigrationExecutor, connection: DatabaseWrapper) -> None:
        """Apply the migrations to the schema of the connection, in the caller's transaction.

        After each, what it left to be checked is checked. Otherwise a data migration followed by
        ALTER TABLE in the same transaction ends with “pending trigger events”.
        """
        executor.recorder.ensure_schema()
        for migration, steps in self.work:
            with connection.schema_editor(atomic=migration.atomic) as editor:
                for operation, before, after in steps:
                    operation.database_forwards(migration.app_label, editor, before, after)
            executor.record_migration(migration)
            connection.check_constraints()
        executor.check_replacements()


#: How many plans are kept: one for new schemas, one for those that are behind. Many in a row
#: lack the same, and a plan takes some memory.
_KEPT = 2
_plans: dict[Any, Planned] = {}


def planned(executor: MigrationExecutor, plan: list[Migration]) -> Planned:
    """The plan for what such a schema lacks, worked out unless a recent one was the same."""
    key = (frozenset(executor.loader.applied_migrations), tuple(map(type, plan)))
    found = _plans.pop(key, None) or _work_out(executor, plan)
    _plans[key] = found  # The last that was used is the last to go.
    while len(_plans) > _KEPT:
        del _plans[next(iter(_plans))]
    found.forget_rows()
    return found


def _work_out(executor: MigrationExecutor, plan: list[Migration]) -> Planned:
    before = executor._create_project_state(with_applied_migrations=True)
    _ = before.apps  # Rendered here, each state after it renders what is other than before.
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
    return Planned(work, before, state)
