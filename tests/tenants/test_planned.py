"""The first of several schemas is migrated by Django's operations, the others by their SQL."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, models, transaction
from django.db.migrations import operations as ops
from django.test.utils import CaptureQueriesContext

from console.postgres.contexts import owner_rights
from tenants.schemas import planned
from tenants.schemas.failing import MigrationFailed
from tenants.schemas.inspect import objects_of
from tenants.schemas.locks import lock_timeout
from tenants.schemas.migrate import applied_migrations
from tenants.schemas.recorded import Recording
from tests.tenants.more_migrations import more_migrations
from tests.tenants.operating import bring

pytestmark = pytest.mark.usefixtures("alpha")

LABEL = "tenant_data_label"


def column(name: str, field: Any) -> ops.AddField:
    return ops.AddField("label", name, field)


def sql(schema: str, statement: str, *params: Any) -> list[Any]:
    """What a statement answers that the owner sends in the schema."""
    with owner_rights(schema), connection.cursor() as cursor:
        cursor.execute(statement, params or None)
        return cursor.fetchall() if cursor.description else []


def add_label(schema: str, name: str) -> None:
    sql(schema, f"INSERT INTO {LABEL} (name, colour) VALUES (%s, 'grey')", name)


@contextmanager
def replayed() -> Iterator[list[str]]:
    """The ways in which schemas were migrated in the block."""
    seen: list[str] = []
    replay, record = Recording.replay, planned.Planned._record

    def note_replay(self: Any, connection: Any) -> None:
        replay(self, connection)
        seen.append("by SQL")

    def note_record(self: Any, connection: Any) -> Any:
        seen.append("by operations")
        return record(self, connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Recording, "replay", note_replay)
        patch.setattr(planned.Planned, "_record", note_record)
        yield seen


def migrate_both() -> list[str]:
    """Alpha first, then beta; returns how each was."""
    with replayed() as ways:
        for schema in ("alpha", "beta"):
            with transaction.atomic():
                bring(schema)
    return ways


#: Many kinds of them, one after the other.
OPERATIONS = (
    column("code", models.CharField(max_length=20, default="x%y", db_index=True)),
    ops.CreateModel(
        "Shelf",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("label", models.ForeignKey("tenant_data.Label", models.CASCADE)),
            ("others", models.ManyToManyField("tenant_data.Label", related_name="+")),
        ],
    ),
    ops.AlterField("label", "code", models.TextField(null=True, unique=True)),
    ops.RenameField("label", "code", "short"),
    ops.AddConstraint(
        "label",
        models.CheckConstraint(condition=~models.Q(short="100%"), name="label_short_known"),
    ),
    ops.AddIndex("label", models.Index("short", "name", name="label_both")),
    ops.RunSQL("CREATE VIEW labels AS SELECT name FROM tenant_data_label -- read by nobody"),
    ops.RunSQL([("UPDATE tenant_data_label SET colour = %s", ["it's"])]),
    ops.RemoveField("label", "short"),
    ops.RenameModel("Shelf", "Rack"),
)


class TestReplaying:
    @pytest.mark.parametrize("each", [True, False], ids=["many migrations", "one migration"])
    def test_makes_what_the_operations_make(self, each: bool) -> None:
        add_label("alpha", "one")
        add_label("beta", "one")
        with more_migrations(*OPERATIONS, each=each):
            assert migrate_both() == ["by operations", "by SQL"]
        made = objects_of("beta")
        assert made == objects_of("alpha")
        assert "column tenant_data_rack.label_id" in made
        assert applied_migrations("alpha") == applied_migrations("beta")
        assert sql("alpha", f"SELECT colour FROM {LABEL}") == [("it's",)]
        assert sql("beta", f"SELECT colour FROM {LABEL}") == [("it's",)]

    def test_says_two_things_to_the_server(self) -> None:
        """What has the schema, and everything else."""
        with more_migrations(column("code", models.TextField(null=True)), each=True):
            bring("alpha")
            with CaptureQueriesContext(connection) as queries:
                brought = bring("beta")
        assert len(queries) == 2
        assert brought.applied == ["tenant_data.9001_more"]
        assert "tenant_data.9001_more" in brought.has
        assert brought.has == applied_migrations("beta")

    def test_python_runs_for_every_schema_on_its_own_rows(self) -> None:
        add_label("alpha", "of alpha")
        add_label("beta", "of beta")
        seen = []

        def shout(apps: Any, editor: Any) -> None:
            for label in apps.get_model("tenant_data", "Label").objects.all():
                seen.append(label.name)
                label.loud = label.name.upper()
                label.save()

        with more_migrations(
            column("loud", models.TextField(default="")),
            ops.RunPython(shout),
            ops.AlterField("label", "loud", models.TextField(default="", db_index=True)),
            each=True,
        ):
            assert migrate_both() == ["by operations", "by SQL"]
        assert seen == ["of alpha", "of beta"]
        assert sql("beta", f"SELECT loud FROM {LABEL}") == [("OF BETA",)]
        assert objects_of("alpha") == objects_of("beta")

    def test_python_may_use_the_editor(self) -> None:
        def act(apps: Any, editor: Any) -> None:
            editor.execute("CREATE TABLE own (id int PRIMARY KEY)")
            editor.deferred_sql.append("CREATE INDEX own_later ON own (id)")

        with more_migrations(column("code", models.TextField(null=True)), ops.RunPython(act)):
            migrate_both()
        assert "index own_later" in objects_of("beta")
        assert objects_of("alpha") == objects_of("beta")

    def test_a_default_that_is_worked_out_is_worked_out_for_every_schema(self) -> None:
        add_label("alpha", "one")
        add_label("beta", "one")
        with more_migrations(column("token", models.TextField(default=secrets.token_hex))):
            migrate_both()
        (alpha,), (beta,) = (sql(each, f"SELECT token FROM {LABEL}") for each in ("alpha", "beta"))
        assert alpha != beta

    def test_an_operation_that_is_not_djangos_is_asked_every_time(self) -> None:
        class NamedAfterSchema(ops.RunSQL):
            def database_forwards(self, app_label: str, editor: Any, *states: Any) -> None:
                editor.execute(f"CREATE TABLE of_{editor.connection.schema_name} (id int)")

        with more_migrations(NamedAfterSchema("")):
            migrate_both()
        assert "column of_beta.id" in objects_of("beta")

    def test_one_that_is_up_to_date_is_left_alone(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            assert bring("alpha").applied == []
        assert len(queries) == 1


class TestDrifting:
    """A schema that somebody has changed by hand."""

    def test_is_migrated_by_the_operations_that_look_for_themselves(self) -> None:
        with more_migrations(column("code", models.TextField(null=True, unique=True))):
            migrate_both()
            (name,) = (
                name.rpartition(".")[2]
                for name in objects_of("beta")
                if name.startswith(f"constraint {LABEL}.") and "code" in name
            )
            sql("beta", f"ALTER TABLE {LABEL} RENAME CONSTRAINT {name} TO by_hand")
            with more_migrations(ops.AlterField("label", "code", models.TextField(null=True))):
                assert migrate_both() == ["by operations", "by operations"]
        assert objects_of("alpha") == objects_of("beta")

    def test_an_index_of_another_name_is_not_passed_over(self) -> None:
        """Django drops indexes IF EXISTS, by the names that it has found in the schema."""
        with more_migrations(column("code", models.IntegerField(null=True, db_index=True))):
            migrate_both()
            (name,) = (
                name.removeprefix("index ")
                for name in objects_of("beta")
                if name.startswith(f"index {LABEL}_code")
            )
            sql("beta", f"ALTER INDEX {name} RENAME TO by_hand")
            with more_migrations(ops.AlterField("label", "code", models.IntegerField(null=True))):
                migrate_both()
        assert "index by_hand" not in objects_of("beta")

    def test_what_the_first_one_lacks_the_others_do_not_keep(self) -> None:
        """Django drops what it finds: nothing, where somebody has dropped it already."""
        field = models.TextField(null=True, unique=True)
        with more_migrations(column("code", field)):
            migrate_both()
            (name,) = (
                name.rpartition(".")[2]
                for name in objects_of("alpha")
                if name.startswith(f"constraint {LABEL}.") and "code" in name
            )
            sql("alpha", f"ALTER TABLE {LABEL} DROP CONSTRAINT {name}")
            with more_migrations(ops.AlterField("label", "code", models.TextField(null=True))):
                migrate_both()
        assert f"constraint {LABEL}.{name}" not in objects_of("beta")
        assert objects_of("alpha") == objects_of("beta")

    def test_one_that_cannot_be_migrated_is_named_with_statement_and_reason(self) -> None:
        sql("beta", f"ALTER TABLE {LABEL} ADD COLUMN code text")
        with more_migrations(column("code", models.TextField(null=True))):
            bring("alpha")
            before = objects_of("beta")
            with pytest.raises(MigrationFailed) as failed, transaction.atomic():
                bring("beta")
        assert failed.value.migration == "tenant_data.9001_more"
        assert failed.value.statement == f'ALTER TABLE "{LABEL}" ADD COLUMN "code" text NULL'
        assert 'column "code" of relation "tenant_data_label" already exists' in str(
            failed.value.__cause__
        )
        assert objects_of("beta") == before

    def test_python_that_fails_is_named_and_not_run_twice(self) -> None:
        calls = []

        def act(apps: Any, editor: Any) -> None:
            calls.append(editor.connection.schema_name)
            if calls[-1] == "beta":
                raise ValueError("Beta has none.")

        with more_migrations(column("code", models.TextField(null=True)), ops.RunPython(act)):
            bring("alpha")
            with pytest.raises(MigrationFailed, match="9001_more"), transaction.atomic():
                bring("beta")
        assert calls == ["alpha", "beta"]
        assert "column tenant_data_label.code" not in objects_of("beta")

    def test_a_lock_that_is_not_to_be_had_is_no_drift(self, second: Any) -> None:
        second.execute(f"LOCK TABLE beta.{LABEL} IN ACCESS SHARE MODE")
        with more_migrations(column("code", models.TextField(null=True))), replayed() as ways:
            bring("alpha")
            with pytest.raises(OperationalError), transaction.atomic(), lock_timeout("50ms"):
                bring("beta")
        assert ways == ["by operations"]
