"""The record is made true again after a process was killed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from console.accounts.models import User
from console.history.models import LogEntry
from tenants.models import Client, ClientStatus, Operation, OperationState
from tenants.operations.lifecycle import suspend
from tenants.operations.reconcile import reconcile
from tenants.operations.request import request_operation
from tenants.operations.run import MAX_ATTEMPTS
from tenants.schemas.locks import lock_timeout
from tests.tenants.operating import CREATE, MIGRATE, TAKE, in_state, key_of, waiting_jobs

LONG_AGO = "2020-01-01T00:00Z"


class TestReconciling:
    """After a worker was killed: its lock is free, its work undone, its row still “running”."""

    def interrupted(self, client: Client, attempts: int) -> Operation:
        return Operation.objects.create(
            client=client, kind=CREATE, state=OperationState.RUNNING, attempts=attempts
        )

    def test_an_interrupted_operation_goes_back_into_the_queue(self, draft: Client) -> None:
        operation = self.interrupted(draft, attempts=1)
        assert reconcile() == 1
        operation.refresh_from_db()
        assert operation.state == OperationState.QUEUED
        assert "Nothing was left half done" in operation.events.last().message
        assert waiting_jobs(operation) == 1

    def test_but_not_for_ever(self, draft: Client) -> None:
        operation = self.interrupted(draft, attempts=MAX_ATTEMPTS)
        assert reconcile() == 1
        operation.refresh_from_db()
        assert operation.state == OperationState.FAILED
        assert "3 times in a row" in operation.error

    def test_a_waiting_operation_without_a_job_is_given_one(self, draft: Client) -> None:
        operation = request_operation(draft, CREATE, acting_user=None)
        assert reconcile() == 0
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
        Operation.objects.filter(pk=operation.pk).update(created_at="2020-01-01T00:00Z")
        assert reconcile() == 1
        assert waiting_jobs(operation) == 1
        assert reconcile() == 0

    def test_one_that_runs_is_left_alone(self, alpha: Client, second: Any) -> None:
        """It runs where somebody holds the lock on its schema."""
        operation = in_state(alpha, OperationState.RUNNING, MIGRATE, attempts=1)
        second.execute(TAKE, [key_of("alpha")])
        assert reconcile() == 0
        operation.refresh_from_db()
        assert operation.state == OperationState.RUNNING
        second.rollback()
        second.execute("SELECT pg_advisory_unlock_all()")
        assert reconcile() == 1

    def test_one_whose_client_somebody_holds_has_its_turn_later(
        self, alpha: Client, second: Any
    ) -> None:
        """The client before its operation, as everybody does; and nobody waits for it."""
        in_state(alpha, OperationState.RUNNING, MIGRATE, attempts=1)
        second.execute("SELECT 1 FROM tenants_client WHERE id = %s FOR NO KEY UPDATE", [alpha.pk])
        with lock_timeout("5s"):
            assert reconcile() == 0
        second.rollback()
        assert reconcile() == 1

    def test_the_client_is_a_draft_again_when_it_is_given_up(
        self, draft: Client, operator: User
    ) -> None:
        operation = request_operation(draft, CREATE, acting_user=operator)
        Operation.objects.filter(pk=operation.pk).update(
            state=OperationState.RUNNING, attempts=MAX_ATTEMPTS
        )
        reconcile()
        draft.refresh_from_db()
        assert draft.status == ClientStatus.DRAFT
        assert LogEntry.objects.about(draft)[0].actor_email == operator.email

    def test_what_waits_for_a_suspended_client_waits_on(self, alpha: Client) -> None:
        operation = in_state(alpha, OperationState.QUEUED, MIGRATE, created_at=LONG_AGO)
        suspend(alpha, acting_user=None)
        assert reconcile() == 0
        assert waiting_jobs(operation) == 0

    def test_many_forgotten_ones_are_given_jobs_by_few_queries(
        self, alpha: Client, beta: Client, draft: Client, django_assert_max_num_queries: Any
    ) -> None:
        for client, kind in ((alpha, MIGRATE), (beta, MIGRATE), (draft, CREATE)):
            in_state(client, OperationState.QUEUED, kind, created_at=LONG_AGO)
        with django_assert_max_num_queries(8):
            assert reconcile() == 3


class TestInATerminal:
    """What a command runs, a worker never does."""

    @pytest.mark.parametrize("state", [OperationState.QUEUED, OperationState.RUNNING])
    def test_is_closed_where_the_terminal_is_gone(
        self, draft: Client, state: OperationState
    ) -> None:
        Client.objects.filter(pk=draft.pk).update(status=ClientStatus.PROVISIONING)
        operation = in_state(draft, state, queued=False, attempts=1, created_at=LONG_AGO)
        assert reconcile() == 1
        operation.refresh_from_db()
        assert operation.state == OperationState.FAILED
        assert "terminal that ran it is gone" in operation.error
        assert waiting_jobs(operation) == 0
        draft.refresh_from_db()
        assert draft.status == ClientStatus.DRAFT

    @pytest.mark.parametrize("state", [OperationState.QUEUED, OperationState.RUNNING])
    def test_is_left_alone_while_the_terminal_holds_the_schema(
        self, draft: Client, second: Any, state: OperationState
    ) -> None:
        in_state(draft, state, queued=False, attempts=1, created_at=LONG_AGO)
        second.execute(TAKE, [key_of("gamma")])
        assert reconcile() == 0

    def test_is_left_alone_where_it_was_asked_for_a_moment_ago(self, draft: Client) -> None:
        operation = request_operation(draft, CREATE, acting_user=None, queued=False)
        assert reconcile() == 0
        assert waiting_jobs(operation) == 0
