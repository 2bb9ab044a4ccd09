"""What bringing a schema up to date would do, without doing it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState
from django_tenants.utils import schema_context

from console.postgres.contexts import tenants_connection
from tenants.schemas.effects import Effect, Step, effects_of
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
        return [_foresee(migration, state) for migration in plan]


def _foresee(migration: Migration, state: ProjectState) -> Foreseen:
    """Moves ``state`` on to what it is after the migration."""
    parts: list[str | Step] = []
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
            parts += [text for text in editor.collected_sql if not text.startswith("--")]
        except Exception as exc:  # It asks the schema for what is not there yet.
            parts.append(Step(f"{operation.describe()}: {exc}", Effect.UNKNOWN))
    return Foreseen(label_of(migration), tuple(effects_of(parts)))
