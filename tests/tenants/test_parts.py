"""A migration that asks to be in no transaction is carried out, by itself, in every schema."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.core.management import call_command
from django.db import connection, models, transaction
from django.db.migrations import operations as ops

from tenants.models import Client, OperationState
from tenants.operations.many import retry_failed
from tenants.operations.request import request_operation, retry_operation
from tenants.operations.rollout import request_rollout
from tenants.operations.run import run_operation
from tenants.operations.share import run_rollout
from tests.tenants.more_migrations import more_migrations
from tests.tenants.operating import MIGRATE
from tests.tenants.parts import (
    FIRST,
    INDEX,
    LAST,
    NAMES,
    THREE,
    index_of,
    lacks,
    leave_unfinished,
    lines,
    of,
    scene,
    sql,
    take,
)
from tests.tenants.workers import Workers

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module", autouse=True)
def them(django_db_blocker: Any) -> Iterator[Workers]:
    with django_db_blocker.unblock(), scene(30) as them:
        yield them


def by_rollout(clients: list[Client]) -> None:
    rollout = request_rollout(clients, MIGRATE, acting_user=None).rollout
    assert rollout is not None
    run_rollout(rollout.pk)


def by_command(clients: list[Client]) -> None:
    for client in clients:
        call_command("migrate_schemas", "-s", client.schema_name, stdout=StringIO())


def one_by_one(clients: list[Client]) -> None:
    for client in clients:
        run_operation(request_operation(client, MIGRATE, acting_user=None).pk)


@pytest.mark.parametrize("bring", [by_rollout, by_command, one_by_one])
def test_every_schema_gets_all_parts(bring: Any) -> None:
    clients = take(3)
    with more_migrations(*THREE, each=True, alone=[1]):
        bring(clients)
        for client in clients:
            assert lacks(client) == []
    owners = set()
    for client in clients:
        found = index_of(client)
        assert found is not None
        _number, is_valid, owner = found
        assert is_valid
        owners.add(owner)
        assert sql(client, "SELECT code, later FROM tenant_data_label") == []
        operation = of(client)
        assert (operation.state, operation.attempts) == (OperationState.SUCCEEDED, 1)
        applied = [line for line in lines(operation) if line.startswith("Appl")]
        assert [line for line in applied if line != "Applying 1 migrations."] == [
            f"Applied 1 migration: {NAMES[0]}.",
            f"Applying {NAMES[1]}, which is a step of its own, beside everybody's work.",
            f"Applied 1 migration: {NAMES[1]}.",
            f"Applied 1 migration: {NAMES[2]}.",
        ]
        assert lines(operation)[-1] == "All of it is applied: the schema is up to date."
    (owner,) = sql(clients[0], "SELECT tableowner FROM pg_tables WHERE schemaname = 'public'")[0]
    assert owners == {owner}
    assert connection.schema_name == "public"


def test_nothing_is_held_when_it_is_over() -> None:
    (client,) = take()
    with more_migrations(*THREE, each=True, alone=[1]):
        by_rollout([client])
    held = sql(
        client, "SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    )
    assert held == []
    assert sql(client, "SHOW lock_timeout") == [("0",)]


def test_what_it_brings_has_its_content_type_and_rights() -> None:
    table = ops.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))])
    (client,) = take()
    with more_migrations(FIRST, table, LAST, each=True, alone=[1]):
        by_rollout([client])
        assert lacks(client) == []
    found = sql(client, "SELECT count(*) FROM auth_permission WHERE codename LIKE '%_shelf'")
    assert found == [(4,)]


def test_each_operation_is_as_atomic_as_it_asks() -> None:
    seen: list[bool] = []

    def look(apps: Any, editor: Any) -> None:
        seen.append(connection.in_atomic_block)

    (client,) = take()
    with more_migrations(ops.RunPython(look), ops.RunPython(look, atomic=True), atomic=False):
        by_rollout([client])
    assert seen == [False, True]


def test_an_index_is_removed() -> None:
    (client,) = take()
    remove = RemoveIndexConcurrently("label", "label_code")
    with more_migrations(FIRST, INDEX, remove, each=True, alone=[1, 2]):
        by_rollout([client])
        assert lacks(client) == []
    assert index_of(client) is None


class TestLeftBehind:
    """What an earlier attempt has left of an index."""

    def test_one_that_is_unfinished_is_built_anew_and_no_other_is_touched(self) -> None:
        (client,) = take()
        leave_unfinished(client, "label_code", "colour")
        leave_unfinished(client, "another", "colour")
        before = index_of(client, "another")
        with more_migrations(*THREE, each=True, alone=[1]):
            by_rollout([client])
            assert lacks(client) == []
        found = index_of(client)
        assert found is not None
        assert found[1]
        assert index_of(client, "another") == before

    def test_nor_one_of_that_name_in_another_schema(self) -> None:
        client, other = take(2)
        leave_unfinished(other, "label_code", "colour")
        before = index_of(other)
        with more_migrations(*THREE, each=True, alone=[1]):
            by_rollout([client])
        assert index_of(other) == before

    @pytest.mark.parametrize(
        ("index", "by_hand"),
        [
            (models.Index("name", name="label_code"), "label_code ON tenant_data_label (name)"),
            (
                models.Index("name", condition=models.Q(colour="red"), name="label_code"),
                "label_code ON tenant_data_label (name) WHERE colour = 'red'",
            ),
            (
                models.Index(models.functions.Lower("name").desc(), name="label_code"),
                "label_code ON tenant_data_label (lower(name) DESC)",
            ),
        ],
        ids=["columns", "condition", "expression"],
    )
    def test_one_that_is_finished_is_taken_as_it_is(self, index: Any, by_hand: str) -> None:
        """As after the death of a process for which PostgreSQL went on building."""
        (client,) = take()
        sql(client, f"CREATE INDEX {by_hand}")
        before = index_of(client)
        with more_migrations(AddIndexConcurrently("label", index), atomic=False):
            by_rollout([client])
            assert lacks(client) == []
        assert index_of(client) == before
        assert sql(client, "SELECT to_regclass('console_trial')") == [(None,)]

    @pytest.mark.parametrize("by_hand", ["(colour)", "(name) WHERE colour = 'red'"])
    def test_another_index_of_that_name_is_in_the_way(self, by_hand: str) -> None:
        (client,) = take()
        sql(client, f"CREATE INDEX label_code ON tenant_data_label {by_hand}")
        before = index_of(client)
        index = AddIndexConcurrently("label", models.Index("name", name="label_code"))
        with more_migrations(index, atomic=False):
            by_rollout([client])
            assert lacks(client) == NAMES[:1]
        assert index_of(client) == before
        assert 'relation "label_code" already exists' in of(client).error_detail

    def test_what_a_rebuilding_left_is_dropped_before_the_next(self) -> None:
        """PostgreSQL's names are at their ends; what is valid is somebody's own."""
        client, other = take(2)
        for name in ("label_name_ccnew", "label_name_ccold1", "label_name_ccnews"):
            leave_unfinished(client, name, "colour")
        sql(client, "CREATE INDEX ours_ccnew ON tenant_data_label (colour)")
        leave_unfinished(other, "label_name_ccnew", "colour")
        rebuild = ops.RunSQL("REINDEX TABLE CONCURRENTLY tenant_data_label")
        with more_migrations(rebuild, atomic=False):
            by_rollout([client])
            assert lacks(client) == []
        assert index_of(client, "label_name_ccnew") is None
        assert index_of(client, "label_name_ccold1") is None
        assert index_of(client, "label_name_ccnews") is not None
        assert index_of(client, "ours_ccnew") is not None
        assert index_of(other, "label_name_ccnew") is not None


class TestFailing:
    UNIQUE = ops.RunSQL("CREATE UNIQUE INDEX CONCURRENTLY label_code ON tenant_data_label (colour)")

    @pytest.mark.parametrize(
        ("bring", "again"),
        [
            (by_rollout, lambda operation: retry_failed([operation], acting_user=None)),
            (one_by_one, lambda operation: retry_operation(operation, acting_user=None)),
        ],
        ids=["rollout", "one by one"],
    )
    def test_what_came_before_stays_and_the_next_attempt_goes_on(
        self, bring: Any, again: Any
    ) -> None:
        (client,) = take()
        sql(client, "INSERT INTO tenant_data_label (name, colour) VALUES ('a', 'x'), ('b', 'x')")
        with more_migrations(FIRST, self.UNIQUE, LAST, each=True, alone=[1]):
            bring([client])
            assert lacks(client) == NAMES[1:]
            operation = of(client)
            assert operation.state == OperationState.FAILED
            assert "what the log says was applied stays" in operation.error
            assert NAMES[1] in operation.error_detail
            assert "CREATE UNIQUE INDEX CONCURRENTLY label_code" in operation.error_detail
            assert "Key (colour)=(x) is duplicated" in operation.error_detail
            assert index_of(client) is None, "it would refuse rows until somebody drops it"
            sql(client, "DELETE FROM tenant_data_label WHERE name = 'b'")
            again(operation)
            if operation.rollout_id:
                run_rollout(operation.rollout_id)
            else:
                run_operation(operation.pk)
            assert lacks(client) == []
        assert of(client).state == OperationState.SUCCEEDED

    def test_in_a_later_part_it_keeps_all_parts_before(self) -> None:
        (client,) = take()
        sql(client, "ALTER TABLE tenant_data_label ADD COLUMN later text")
        with more_migrations(*THREE, each=True, alone=[1]):
            by_rollout([client])
            assert lacks(client) == NAMES[2:]
        assert NAMES[2] in of(client).error_detail
        found = index_of(client)
        assert found is not None
        assert found[1]

    def test_it_stops_nobody_else(self) -> None:
        bad, good = take(2)
        sql(bad, "INSERT INTO tenant_data_label (name, colour) VALUES ('a', 'x'), ('b', 'x')")
        with more_migrations(self.UNIQUE, atomic=False):
            by_rollout([bad, good])
            assert lacks(bad) == NAMES[:1]
            assert lacks(good) == []

    def test_in_a_callers_transaction_it_is_refused(self) -> None:
        """The work would be taken back with it."""
        (client,) = take()
        operation = request_operation(client, MIGRATE, acting_user=None)
        with more_migrations(*THREE, each=True, alone=[1]), transaction.atomic():
            run_operation(operation.pk)
        assert "cannot be executed inside a transaction" in of(client).error_detail
