"""What somebody does with a client, or its tables, while a part of its migrations is applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from django.db import connections
from django.db.migrations import operations as ops
from django.utils import timezone

from tenants.exceptions import ClientBusy, OperationOpen, SchemaBusy
from tenants.models import Client, ClientStatus, OperationState, Rollout, RolloutState
from tenants.operations import share as share_module
from tenants.operations.drop import request_drop
from tenants.operations.lifecycle import archive, reactivate, suspend
from tenants.operations.request import cancel_operation, request_operation
from tenants.operations.rollout import request_rollout
from tenants.operations.run import TryAgain, run_operation
from tenants.operations.share import run_rollout
from tenants.operations.steering import go_on, pause
from tenants.schemas import concurrently
from tenants.schemas.inspect import objects_of
from tenants.schemas.locks import held_among
from tests.processes import database
from tests.tenants.more_migrations import more_migrations
from tests.tenants.operating import MIGRATE
from tests.tenants.parts import (
    FIRST,
    INDEX,
    LAST,
    NAMES,
    THREE,
    elsewhere,
    index_of,
    lacks,
    lines,
    of,
    scene,
    somebody_reads,
    sql,
    take,
    until_it_waits,
)
from tests.tenants.workers import Workers

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def them(django_db_blocker: Any) -> Iterator[Workers]:
    with django_db_blocker.unblock(), scene(12) as them:
        yield them


@pytest.fixture
def client(them: Workers) -> Client:
    (client,) = take()
    return client


def start(client: Client) -> Rollout:
    rollout = request_rollout([client], MIGRATE, acting_user=None).rollout
    assert rollout is not None
    return rollout


@contextmanager
def while_it_is_applied(them: Workers, act: Callable[[], Any]) -> Iterator[None]:
    """In the block the code has three parts more; somebody does this during the second."""

    def run(apps: Any, editor: Any) -> None:
        elsewhere(them, act)

    with more_migrations(FIRST, ops.RunPython(run), LAST, each=True, alone=[1]):
        yield


class TestBetween:
    """What is being applied is done to its end and written down; nothing more is begun."""

    def test_cancelled(self, them: Workers, client: Client) -> None:
        rollout = start(client)
        with while_it_is_applied(them, lambda: cancel_operation(of(client), acting_user=None)):
            run_rollout(rollout.pk)
            assert lacks(client) == NAMES[2:]
            operation = of(client)
            assert operation.state == OperationState.CANCELLED
            assert lines(operation)[-1] == f"Applied 1 migration: {NAMES[1]}."
            rollout.refresh_from_db()
            assert rollout.state == RolloutState.OVER

    def test_cancelled_and_archived(self, them: Workers, client: Client) -> None:
        def act() -> None:
            with pytest.raises(OperationOpen):
                archive(client, removal_on=timezone.localdate(), acting_user=None)
            cancel_operation(of(client), acting_user=None)
            archive(client, removal_on=timezone.localdate(), acting_user=None)

        rollout = start(client)
        with while_it_is_applied(them, act):
            run_rollout(rollout.pk)
            assert lacks(client) == NAMES[2:]
        assert client.status == ClientStatus.ARCHIVED

    def test_dropped_it_has_to_wait(self, them: Workers, client: Client) -> None:
        def act() -> None:
            cancel_operation(of(client), acting_user=None)
            archived = archive(client, removal_on=timezone.localdate(), acting_user=None)
            drop = request_drop(archived, typed_name=client.schema_name, acting_user=None)
            with pytest.raises(SchemaBusy):
                run_operation(drop.pk)

        rollout = start(client)
        with while_it_is_applied(them, act):
            run_rollout(rollout.pk)
            assert lacks(client) == NAMES[2:]

    def test_suspended_it_waits_for_the_reactivation(self, them: Workers, client: Client) -> None:
        rollout = start(client)
        with while_it_is_applied(them, lambda: suspend(client, acting_user=None)):
            run_rollout(rollout.pk)
            assert lacks(client) == NAMES[2:]
            assert of(client).state == OperationState.QUEUED
            reactivate(client, acting_user=None)
            run_rollout(rollout.pk)
            run_operation(of(client).pk)
            assert lacks(client) == []
        assert of(client).state == OperationState.SUCCEEDED

    def test_suspended_a_single_operation_waits_too(self, them: Workers, client: Client) -> None:
        operation = request_operation(client, MIGRATE, acting_user=None)
        with while_it_is_applied(them, lambda: suspend(client, acting_user=None)):
            assert run_operation(operation.pk) is None
            assert lacks(client) == NAMES[2:]
            operation.refresh_from_db()
            assert (operation.state, operation.attempts) == (OperationState.QUEUED, 0)
            assert "waits until it is reactivated" in lines(operation)[-1]
            reactivate(client, acting_user=None)
            run_operation(operation.pk)
            assert lacks(client) == []

    def test_paused_the_rollout_goes_on_in_the_middle_of_the_schema(
        self, them: Workers, client: Client
    ) -> None:
        rollout = start(client)
        with while_it_is_applied(them, lambda: pause(rollout, acting_user=None)):
            run_rollout(rollout.pk)
            assert lacks(client) == NAMES[2:]
            assert of(client).state == OperationState.QUEUED
            go_on(rollout, acting_user=None)
            run_rollout(rollout.pk)
            assert lacks(client) == []

    def test_others_find_the_schema_held(
        self, them: Workers, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(share_module, "SLICE", 0.1)
        rollout = start(client)

        def act() -> None:
            assert held_among([client.schema_name]) == {client.schema_name}
            run_rollout(rollout.pk)  # Another worker.
            assert of(client).state == OperationState.QUEUED

        with while_it_is_applied(them, act):
            run_rollout(rollout.pk)
            assert lacks(client) == []
        assert of(client).attempts == 1
        assert held_among([client.schema_name]) == set()


class TestWhileAnIndexIsBuilt:
    def test_the_clients_row_is_free(self, them: Workers, client: Client) -> None:
        """Somebody has a transaction open, which the index has to wait for."""
        rollout = start(client)
        seen: list[str] = []

        def look_and_let_go() -> None:
            with them.inside(), database(them) as other:
                try:
                    until_it_waits(other)
                    suspend(client, acting_user=None)
                    seen.append("suspended")
                except ClientBusy:
                    seen.append("busy")
                finally:
                    reader.execute("ROLLBACK")
            connections.close_all()

        with (
            more_migrations(*THREE, each=True, alone=[1]),
            somebody_reads(them) as reader,
        ):
            thread = Thread(target=look_and_let_go)
            thread.start()
            run_rollout(rollout.pk)
            thread.join()
            assert seen == ["suspended"]
            assert lacks(client) == NAMES[2:]

    def test_a_transaction_that_stays_open_is_not_waited_for_without_end(
        self, them: Workers, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(share_module, "PAUSES", (0.0, 0.0))
        monkeypatch.setattr(concurrently, "PATIENCE", "50ms")
        rollout = start(client)
        with more_migrations(*THREE, each=True, alone=[1]):
            with somebody_reads(them):
                run_rollout(rollout.pk)
                operation = of(client)
                assert (operation.state, operation.attempts) == (OperationState.FAILED, 3)
                assert "lock timeout" in operation.error_detail
                assert lacks(client) == NAMES[1:]
                assert index_of(client) is None, "nothing is left of it"
            run_operation(request_operation(client, MIGRATE, acting_user=None).pk)
            assert lacks(client) == []

    def test_nothing_is_left_of_a_rebuilding_either(
        self, them: Workers, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(share_module, "PAUSES", (0.0,))
        monkeypatch.setattr(concurrently, "PATIENCE", "50ms")
        before = objects_of(client.schema_name)
        rebuild = ops.RunSQL("REINDEX (VERBOSE) TABLE CONCURRENTLY tenant_data_label")
        rollout = start(client)
        with more_migrations(rebuild, atomic=False):
            with somebody_reads(them):
                run_rollout(rollout.pk)
                assert "lock timeout" in of(client).error_detail
            assert objects_of(client.schema_name) == before

    def test_a_single_operation_is_put_off(
        self, them: Workers, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(concurrently, "PATIENCE", "50ms")
        operation = request_operation(client, MIGRATE, acting_user=None)
        with more_migrations(*THREE, each=True, alone=[1]):
            with somebody_reads(them), pytest.raises(TryAgain):
                run_operation(operation.pk)
            assert lacks(client) == NAMES[1:]
            run_operation(operation.pk)
            assert lacks(client) == []

    def test_whoever_writes_to_the_table_does_not_wait(self, them: Workers, client: Client) -> None:
        """Nor, once it is built, does the index lack what they wrote."""
        rollout = start(client)

        def write_and_let_go() -> None:
            with them.inside(), database(them) as other:
                try:
                    until_it_waits(other)
                    other.execute("SET lock_timeout = '1s'")
                    other.execute(
                        f"INSERT INTO {client.schema_name}.tenant_data_label"
                        " (name, colour, code) VALUES ('new', 'x', 'found')"
                    )
                finally:
                    reader.execute("ROLLBACK")

        with (
            more_migrations(FIRST, INDEX, each=True, alone=[1]),
            somebody_reads(them) as reader,
        ):
            thread = Thread(target=write_and_let_go)
            thread.start()
            run_rollout(rollout.pk)
            thread.join()
            assert lacks(client) == []
        sql(client, "SET enable_seqscan = off")
        found = sql(client, "SELECT name FROM tenant_data_label WHERE code = 'found'")
        sql(client, "RESET enable_seqscan")
        assert found == [("new",)]
