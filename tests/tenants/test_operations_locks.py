"""Locks: who waits for whom, for how long, and who is sent away."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from tenants.exceptions import SchemaBusy
from tenants.models import Client, Operation, OperationState, Rollout
from tenants.operations import platform
from tenants.operations.fleet_rows import hold
from tenants.operations.platform import update_platform
from tenants.schemas.locks import LOCK_TIMEOUT, lock_timeout, platform_lock, schema_lock
from tests.tenants.operating import MIGRATE, TAKE, in_state, key_of


def in_force() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])


class TestLockTimeout:
    def test_is_in_force_for_the_block(self, db: None) -> None:
        before = in_force()
        with lock_timeout():
            assert in_force() == LOCK_TIMEOUT
        assert in_force() == before

    def test_is_not_any_more_after_a_failure_in_a_transaction(self, db: None) -> None:
        before = in_force()
        with pytest.raises(ZeroDivisionError), transaction.atomic(), lock_timeout():
            raise ZeroDivisionError
        assert in_force() == before

    def test_nor_after_one_without(self, web_login: Any) -> None:
        """As in public, where each migration is a transaction of its own."""
        assert not web_login.in_atomic_block
        before = in_force()
        with pytest.raises(ZeroDivisionError), lock_timeout():
            assert in_force() == LOCK_TIMEOUT
            raise ZeroDivisionError
        assert in_force() == before

    def test_what_was_set_before_is_set_again(self, db: None) -> None:
        with lock_timeout("7s"):
            with lock_timeout("1s"):
                assert in_force() == "1s"
            assert in_force() == "7s"

    def test_ends_the_waiting(self, alpha: Any, second: Any) -> None:
        second.execute("LOCK TABLE tenants_plan IN ACCESS EXCLUSIVE MODE")
        with (
            pytest.raises(OperationalError, match="lock timeout"),
            transaction.atomic(),
            lock_timeout("50ms"),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT count(*) FROM tenants_plan")


class TestSchemaLock:
    def test_sends_the_second_away_at_once(self, db: None, second: Any) -> None:
        second.execute(TAKE, [key_of("alpha")])
        with pytest.raises(SchemaBusy, match="“alpha”"), schema_lock("alpha"):
            pass

    def test_is_for_one_schema(self, db: None, second: Any) -> None:
        second.execute(TAKE, [key_of("alpha")])
        with schema_lock("beta"):
            pass

    def test_is_free_again_after_a_failure(self, db: None, second: Any) -> None:
        with pytest.raises(ZeroDivisionError), schema_lock("alpha"):
            raise ZeroDivisionError
        assert second.execute(TAKE, [key_of("alpha")]).fetchone() == (True,)

    def test_is_taken_twice_by_the_same_process_and_held_until_the_last(
        self, db: None, second: Any
    ) -> None:
        with schema_lock("alpha"):
            with schema_lock("alpha"):
                pass
            assert second.execute(TAKE, [key_of("alpha")]).fetchone() == (False,)
        assert second.execute(TAKE, [key_of("alpha")]).fetchone() == (True,)


class TestHoldingOneOfMany:
    """What a worker does that shares a rollout, for each schema."""

    def waiting(self, client: Client) -> Operation:
        rollout = Rollout.objects.create(kind=MIGRATE)
        return in_state(client, OperationState.QUEUED, MIGRATE, rollout=rollout)

    def test_whoever_works_on_a_schema_is_not_waited_for(self, alpha: Client, second: Any) -> None:
        """They hold the client's row as well, for as long as the work takes."""
        second.execute(TAKE, [key_of("alpha")])
        second.execute("SELECT FROM tenants_client WHERE id = %s FOR NO KEY UPDATE", [alpha.pk])
        operation = self.waiting(alpha)
        with pytest.raises(SchemaBusy), transaction.atomic():
            hold(operation, wait="50ms")

    def test_the_row_is_waited_for_where_the_schema_is_free(
        self, alpha: Client, second: Any
    ) -> None:
        second.execute("SELECT FROM tenants_client WHERE id = %s FOR NO KEY UPDATE", [alpha.pk])
        operation = self.waiting(alpha)
        with pytest.raises(OperationalError, match="lock timeout"), transaction.atomic():
            hold(operation, wait="50ms")

    def test_both_are_held_until_the_transaction_ends(self, alpha: Client, second: Any) -> None:
        with transaction.atomic():
            hold(self.waiting(alpha), wait="50ms")
            assert second.execute(TAKE, [key_of("alpha")]).fetchone() == (False,)
            with pytest.raises(LockNotAvailable):
                second.execute("SELECT FROM tenants_client FOR NO KEY UPDATE NOWAIT")


class TestPlatformLock:
    def test_the_second_waits_for_the_first_and_says_so(self, db: None, second: Any) -> None:
        second.execute(TAKE, [key_of("public")])
        said: list[str] = []

        def let_go(line: str) -> None:
            said.append(line)
            threading.Timer(0.2, second.execute, ["SELECT pg_advisory_unlock_all()"]).start()

        with platform_lock(report=let_go):
            assert second.execute(TAKE, [key_of("public")]).fetchone() == (False,)
        assert said == ["Waiting for another process that brings the database up to date."]

    def test_bringing_public_up_to_date_takes_it(
        self, db: None, second: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        held = []

        def migrate_public(report: Any) -> list[str]:
            held.append(second.execute(TAKE, [key_of("public")]).fetchone())
            return []

        monkeypatch.setattr(platform, "migrate_public", migrate_public)
        assert update_platform(report=lambda line: None) == []
        assert held == [(False,)]
        assert second.execute(TAKE, [key_of("public")]).fetchone() == (True,)
