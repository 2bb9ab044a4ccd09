"""What bringing a schema up to date would do, without doing it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby, islice
from operator import attrgetter

from django.db import NotSupportedError
from django.db.backends.postgresql.schema import DatabaseSchemaEditor
from django.db.migrations import AlterField, Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.utils.translation import gettext as _
from django_tenants.utils import schema_context

from console.postgres.contexts import tenants_connection
from tenants.schemas.announce import app_configs
from tenants.schemas.concurrently import OutsideEditor
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
from tenants.schemas.statements import bare

_PYTHON = "RunPython"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One migration and what it would send."""

    #: As ``app.name``.
    migration: str
    steps: tuple[Step, ...]
    #: Whether it is a step of its own, in no transaction.
    is_alone: bool = False
    #: Whether it can be done again as it is after it has failed in the middle: it builds and drops
    #: indexes beside everybody's work, or has one statement, which is done or not.
    is_repeatable: bool = True

    @property
    def note(self) -> str:
        """What becomes of it where it fails in the middle, if that is another thing than of all
        others."""
        if not self.is_alone:
            return ""
        note = _(
            "A step of its own, outside any transaction: what comes before it is kept by then. If "
            "it fails in the middle, an index that it left unfinished is removed, and the next "
            "attempt begins with it again."
        )
        if self.is_repeatable:
            return note
        more = _(
            "What else it had done by then stays and is done again, which may fail: that is better "
            "in a migration of its own."
        )
        return f"{note} {more}"

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
        # A schema that has nothing yet gets all of it in one transaction.
        is_new = not executor.loader.applied_migrations
        found = [Foreseen(label, ()) for label in _noted(executor, schema)]
        found += [_foresee(each, state, made, is_new=is_new) for each in plan]
    return [
        each
        for is_alone, part in groupby(found, key=attrgetter("is_alone"))
        for each in (part if is_alone else _together(list(part)))
    ]


def _together(part: list[Foreseen]) -> list[Foreseen]:
    """Migrations that are one transaction."""
    steps = iter(in_one_transaction([step for each in part for step in each.steps]))
    return [replace(each, steps=tuple(islice(steps, len(each.steps)))) for each in part]


def _noted(executor: MigrationExecutor, schema: str) -> list[str]:
    """Migrations that stand for several, all of which the schema has: they are noted alone."""
    labels = {config.label for config in app_configs(schema)}
    applied = executor.recorder.applied_migrations()
    return [
        label_of(migration)
        for key, migration in sorted(executor.loader.replacements.items())
        if key[0] in labels and key not in applied and applied.keys() >= set(migration.replaces)
    ]


def _foresee(
    migration: Migration, state: ProjectState, made: set[str], *, is_new: bool
) -> Foreseen:
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
            with _editor(migration) as editor:
                operation.database_forwards(migration.app_label, editor, before, state)
            texts = [text for text in editor.collected_sql if bare(text)]
            if _keeps_rows(operation, migration.app_label, before, state):
                texts = [Step(text, effect_of(text, keeps_rows=True)) for text in texts]
            parts += texts
        except NotSupportedError as exc:  # Where this is asked in a transaction.
            parts.append(Step(f"{operation.describe()}: {exc}", Effect.FAILS))
        except Exception as exc:  # It asks the schema for what is not there yet.
            parts.append(Step(f"{operation.describe()}: {exc}", Effect.UNKNOWN))
    is_alone = not migration.atomic and not is_new
    steps = tuple(effects_of(parts, made, is_alone=is_alone))
    effects = {step.effect for step in steps}
    is_repeatable = effects <= {Effect.BESIDE} or (len(steps) == 1 and Effect.PYTHON not in effects)
    return Foreseen(label_of(migration), steps, is_alone, is_repeatable)


def _editor(migration: Migration) -> DatabaseSchemaEditor:
    """One that only says what it would send. This may be asked in a transaction, which is no
    reason to refuse what will be in none."""
    if migration.atomic:
        return tenants_connection().schema_editor(collect_sql=True, atomic=False)
    return OutsideEditor(tenants_connection(), collect_sql=True)


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
