"""Migrations that ask to be in no transaction, where there is one: refused, or done plainly."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import NotSupportedError, connection, models, transaction
from django.db.migrations import operations as ops

from console.postgres.contexts import owner_rights
from tenants.models import Client
from tenants.schemas.concurrently import plainly
from tenants.schemas.failing import MigrationFailed
from tenants.schemas.inspect import objects_of
from tenants.schemas.migrate import (
    InParts,
    applied_migrations,
    known_migrations,
    migrate,
    missing_migrations,
    next_part,
)
from tests.tenants.fleet import make_orphan, quiet
from tests.tenants.more_migrations import more_migrations
from tests.tenants.operating import bring
from tests.tenants.test_planned import replayed

COLUMN = ops.AddField("label", "code", models.TextField(null=True))
INDEX = AddIndexConcurrently("label", models.Index("code", name="label_code"))


@pytest.mark.parametrize(
    ("statement", "plain"),
    [
        ('CREATE INDEX CONCURRENTLY "i" ON "t" ("n")', 'CREATE INDEX "i" ON "t" ("n")'),
        ("create unique index concurrently i on t (n)", "create unique index i on t (n)"),
        ("DROP INDEX CONCURRENTLY IF EXISTS i", "DROP INDEX IF EXISTS i"),
        ("REINDEX (VERBOSE) TABLE CONCURRENTLY t", "REINDEX (VERBOSE) TABLE t"),
        ("-- why\nDROP INDEX CONCURRENTLY i", "-- why\nDROP INDEX i"),
        ("/* a\nb */ DROP INDEX CONCURRENTLY i", "/* a\nb */ DROP INDEX i"),
        ("-- DROP INDEX CONCURRENTLY i\nSELECT 1", "-- DROP INDEX CONCURRENTLY i\nSELECT 1"),
        ("SELECT 'CREATE INDEX CONCURRENTLY'", "SELECT 'CREATE INDEX CONCURRENTLY'"),
        ('CREATE INDEX "CONCURRENTLY" ON t (n)', 'CREATE INDEX "CONCURRENTLY" ON t (n)'),
    ],
)
def test_a_statement_has_a_plain_form(statement: str, plain: str) -> None:
    assert plainly(statement) == plain


class TestDivided:
    def test_into_runs_of_those_in_a_transaction_and_those_in_none(self, alpha: Client) -> None:
        more = [ops.AddField("label", f"n{n}", models.IntegerField(null=True)) for n in range(2)]
        with more_migrations(*more, INDEX, COLUMN, each=True, alone=[2]):
            part = next_part("alpha")
            assert part is not None
            assert part.labels == ["tenant_data.9001_more", "tenant_data.9002_more"]
            assert (part.is_alone, part.is_last, part.is_whole) == (False, False, False)
        with more_migrations(INDEX, COLUMN, each=True, alone=[0]):
            part = next_part("alpha")
            assert part is not None
            assert part.labels == ["tenant_data.9001_more"]
            assert (part.is_alone, part.is_last, part.is_whole) == (True, False, False)

    @pytest.mark.parametrize("way", [bring, lambda schema: migrate(schema, report=quiet)])
    def test_one_transaction_is_refused_before_anything_is_done(
        self, alpha: Client, way: Any
    ) -> None:
        with more_migrations(COLUMN, INDEX, each=True, alone=[1]):
            before = objects_of("alpha")
            with pytest.raises(InParts):
                way("alpha")
            assert len(missing_migrations(["alpha"])["alpha"]) == 2
        assert objects_of("alpha") == before

    def test_a_migration_that_does_not_ask_fails(self, alpha: Client) -> None:
        with (
            more_migrations(COLUMN, INDEX),
            pytest.raises(MigrationFailed, match="9001_more") as failed,
            transaction.atomic(),
        ):
            bring("alpha")
        assert isinstance(failed.value.__cause__, NotSupportedError)


class TestInANewSchema:
    """Nobody uses its tables yet: all of it is one transaction."""

    @pytest.mark.parametrize(
        "operation",
        [
            INDEX,
            ops.RunSQL('CREATE INDEX CONCURRENTLY "label_code" ON tenant_data_label (code)'),
            ops.RunSQL("-- why\nCREATE INDEX CONCURRENTLY label_code ON tenant_data_label (code)"),
            ops.SeparateDatabaseAndState(database_operations=[INDEX]),
            type("OfOnesOwn", (AddIndexConcurrently,), {})(
                "label", models.Index("code", name="label_code")
            ),
        ],
        ids=["Django's", "SQL", "SQL with a comment", "separate", "one's own"],
    )
    def test_the_first_and_the_second_have_what_the_migration_makes(
        self, db: None, operation: Any
    ) -> None:
        with more_migrations(COLUMN, operation, each=True, alone=[1]):
            with replayed() as ways:
                made = [objects_of(make_orphan(name)) for name in ("first", "another")]
            assert ways == ["by operations", "by SQL"]
            assert known_migrations() <= applied_migrations("first")
        assert "index label_code" in made[0]
        assert made[0] == made[1]

    def test_what_is_dropped_concurrently_is_gone(self, db: None) -> None:
        plain = ops.AddIndex("label", models.Index("code", name="label_code"))
        remove = RemoveIndexConcurrently("label", "label_code")
        with more_migrations(COLUMN, plain, remove, each=True, alone=[2]):
            assert "index label_code" not in objects_of(make_orphan())

    def test_python_may_have_transactions_of_its_own(self, db: None) -> None:
        def act(apps: Any, editor: Any) -> None:
            for number in range(2):
                with transaction.atomic(editor.connection.alias):
                    apps.get_model("tenant_data", "Label").objects.create(name=f"Label {number}")

        with more_migrations(ops.RunPython(act), atomic=False):
            schema = make_orphan()
        with owner_rights(schema), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM tenant_data_label WHERE name LIKE 'Label _'")
            assert cursor.fetchone() == (2,)
