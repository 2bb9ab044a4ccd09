"""What bringing a schema up to date would do, without doing it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice

from django.db import NotSupportedError
from django.db.migrations import AlterField, Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django_tenants.utils import schema_context

from console.postgres.contexts import tenants_connection
from tenants.schemas.announce import app_configs
from tenants.schemas.effects import (
    Effect,
    Step,
    effect_of,
    effects_of,
    in_one_transaction,
    keeps_rows,
)
from tenants.schemas.failing import label_of
from tenants.schemas.planned import plan_of
from tenants.schemas.recorded import is_python

_PYTHON = "RunPython"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One migration and what it would send."""

    #: As ``app.name``.
    migration: str
    steps: tuple[Step, ...]

    @property
    def effect(self) -> Effect:
        """The heaviest of its steps."""
        return max((step.effect for step in self.steps), default=Effect.NOTHING)


def foresee(schema: str) -> list[Foreseen]:
    """What the migrations that the schema lacks would send, in order; changes and locks nothing.

    Needs no right but to read the schema's record, so a page can ask. What an operation can only
    say when those before it were done is named, as unknown.
    """
    with schema_context(schema):
        executor = MigrationExecutor(tenants_connection())
        plan = plan_of(executor, schema)
        state = executor._create_project_state(with_applied_migrations=True)
        made: set[str] = set()
        found = [Foreseen(label, ()) for label in _noted(executor, schema)]
        found += [_foresee(migration, state, made) for migration in plan]
    steps = iter(in_one_transaction([step for each in found for step in each.steps]))
    return [replace(each, steps=tuple(islice(steps, len(each.steps)))) for each in found]


def _noted(executor: MigrationExecutor, schema: str) -> list[str]:
    """Migrations that stand for several, all of which the schema has: they are noted alone."""
    labels = {config.label for config in app_configs(schema)}
    applied = executor.recorder.applied_migrations()
    return [
        label_of(migration)
        for key, migration in sorted(executor.loader.replacements.items())
        if key[0] in labels and key not in applied and applied.keys() >= set(migration.replaces)
    ]


def _foresee(migration: Migration, state: ProjectState, made: set[str]) -> Foreseen:
    """Moves ``state`` on to what it is after the migration; ``made`` are the new tables."""
    parts: list[str | Step] = []
    texts: list[str | Step]
    for operation in migration.operations:
        before = state.clone()
        operation.state_forwards(migration.app_label, state)
        if is_python(operation):
            name = getattr(operation.code, "__name__", "")
            parts.append(Step(f"{_PYTHON}({name})", Effect.PYTHON))
            continue
        try:
            with tenants_connection().schema_editor(collect_sql=True, atomic=False) as editor:
                operation.database_forwards(migration.app_label, editor, before, state)
            texts = [text for text in editor.collected_sql if not text.startswith("--")]
            if _keeps_rows(operation, migration.app_label, before, state):
                texts = [Step(text, effect_of(text, keeps_rows=True)) for text in texts]
            parts += texts
        except NotSupportedError as exc:  # Where this is asked in a transaction.
            parts.append(Step(f"{operation.describe()}: {exc}", Effect.FAILS))
        except Exception as exc:  # It asks the schema for what is not there yet.
            parts.append(Step(f"{operation.describe()}: {exc}", Effect.UNKNOWN))
    return Foreseen(label_of(migration), tuple(effects_of(parts, made)))


def _keeps_rows(
    operation: Operation, app_label: str, before: ProjectState, after: ProjectState
) -> bool:
    """Whether the operation gives a column a type for which no row has to be looked at."""
    if not isinstance(operation, AlterField):
        return False
    old, new = (
        state.apps.get_model(app_label, operation.model_name)
        ._meta.get_field(operation.name)
        .db_parameters(tenants_connection())
        for state in (before, after)
    )
    return old.get("collation") == new.get("collation") and keeps_rows(old["type"], new["type"])
