"""What nobody looks at any more is let go by night; what something hangs on stays."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from console.history.models import LogEntry
from tenants import tasks
from tenants.models import Client, Operation, OperationEvent, OperationState, Rollout, RolloutState
from tenants.operations import thinning
from tenants.operations.progress import log
from tenants.operations.request import request_operation
from tenants.operations.thinning import Thinned, thin_operations
from tests.tenants.operating import CREATE, MIGRATE, in_state

SUCCEEDED, FAILED, CANCELLED = (
    OperationState.SUCCEEDED,
    OperationState.FAILED,
    OperationState.CANCELLED,
)
NOTHING = Thinned(0, 0, 0)


@pytest.fixture(autouse=True)
def _kept(settings: Any) -> None:
    settings.OPERATIONS_KEPT_DAYS = 365
    settings.OPERATION_LOGS_KEPT_DAYS = 90
    settings.JOBS_KEPT_DAYS = 30


@pytest.fixture
def client(alpha: Client) -> Client:
    """A client whose newest operation is one that succeeded today."""
    alpha.operations.all().update(created_at=timezone.now())
    return alpha


def ended(client: Client, state: OperationState, *, days: int, **fields: Any) -> Operation:
    """An operation that ended so many days ago, with a line in its log."""
    at = timezone.now() - timedelta(days=days)
    operation = in_state(client, state, MIGRATE, created_at=at, finished_at=at, **fields)
    log(operation, "A line.")
    return operation


def is_there(operation: Operation) -> bool:
    return Operation.objects.filter(pk=operation.pk).exists()


class TestOperations:
    @pytest.mark.parametrize("state", [SUCCEEDED, FAILED, CANCELLED])
    def test_what_was_over_long_ago_goes_with_its_log(
        self, client: Client, state: OperationState
    ) -> None:
        old, young = ended(client, state, days=366), ended(client, state, days=364)
        assert thin_operations().operations == 1
        assert not is_there(old)
        assert is_there(young)
        assert not OperationEvent.objects.filter(operation_id=old.pk).exists()

    def test_a_client_s_newest_stays_for_it_says_how_the_schema_stands(
        self, client: Client
    ) -> None:
        client.operations.all().delete()
        older, newest = (ended(client, SUCCEEDED, days=days) for days in (2000, 1000))
        assert thin_operations() == Thinned(1, 0, 0)
        assert (is_there(older), is_there(newest)) == (False, True)
        assert newest.events.exists()

    def test_a_failure_that_was_not_made_good_stays(self, client: Client) -> None:
        client.operations.all().delete()
        failures = [ended(client, FAILED, days=days) for days in (2000, 1000, 900)]
        assert thin_operations() == NOTHING
        ended(client, SUCCEEDED, days=1)
        assert thin_operations().operations == len(failures)

    @pytest.mark.parametrize("state", [OperationState.QUEUED, OperationState.RUNNING])
    def test_what_is_not_over_stays(self, client: Client, state: OperationState) -> None:
        """One that is tried again keeps its age."""
        operation = ended(client, state, days=2000)
        assert thin_operations() == NOTHING
        assert operation.events.exists()

    def test_what_somebody_holds_has_its_turn_the_next_night(
        self, alpha: Client, second: Any, settings: Any
    ) -> None:
        settings.OPERATIONS_KEPT_DAYS = 0
        operation = alpha.operations.get()
        in_state(alpha, OperationState.QUEUED, MIGRATE)
        second.execute("SELECT FROM tenants_operation WHERE id = %s FOR UPDATE", [operation.pk])
        assert thin_operations().operations == 0
        second.rollback()
        assert thin_operations().operations == 1
        assert not is_there(operation)

    def test_many_go_in_parts(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(thinning, "BATCH", 2)
        for _number in range(5):
            ended(client, SUCCEEDED, days=400)
        assert thin_operations().operations == 5
        assert thin_operations() == NOTHING

    def test_the_history_of_the_client_stays(self, client: Client) -> None:
        ended(client, SUCCEEDED, days=400)
        LogEntry.objects.update(timestamp=timezone.now() - timedelta(days=4000))
        before = LogEntry.objects.count()
        thin_operations()
        assert LogEntry.objects.count() == before > 0


class TestLogs:
    def test_a_success_keeps_its_row_longer_than_its_log(self, client: Client) -> None:
        old, young = ended(client, SUCCEEDED, days=91), ended(client, SUCCEEDED, days=89)
        assert thin_operations() == Thinned(0, 1, 0)
        assert is_there(old)
        assert not old.events.exists()
        assert young.events.exists()
        assert thin_operations() == NOTHING

    def test_the_log_of_a_failure_stays_as_long_as_it(self, client: Client) -> None:
        failure = ended(client, FAILED, days=364)
        assert thin_operations() == NOTHING
        assert failure.events.exists()


class TestRollouts:
    def rollout(self, state: RolloutState = RolloutState.OVER) -> Rollout:
        long_ago = timezone.now() - timedelta(days=400)
        return Rollout.objects.create(kind=MIGRATE, state=state, created_at=long_ago)

    def test_one_goes_with_the_last_of_its_operations(self, client: Client) -> None:
        ended(client, SUCCEEDED, days=400, rollout=self.rollout())
        assert thin_operations() == Thinned(1, 0, 1)

    def test_one_that_has_an_operation_left_stays(self, client: Client) -> None:
        rollout = self.rollout()
        ended(client, SUCCEEDED, days=400, rollout=rollout)
        kept = ended(client, SUCCEEDED, days=10, rollout=rollout)
        assert thin_operations() == Thinned(1, 0, 0)
        assert kept.rollout == rollout

    def test_one_that_is_not_over_stays(self, db: None) -> None:
        self.rollout(RolloutState.PAUSED)
        assert thin_operations() == NOTHING


class TestJobs:
    def thin(self) -> None:
        async_to_sync(tasks.thin_jobs.func)(SimpleNamespace(app=app), timestamp=0)

    def job(self, client: Client, status: str, *, days: int) -> ProcrastinateJob:
        operation = request_operation(client, CREATE, acting_user=None)
        found = ProcrastinateJob.objects.filter(args={"operation_id": operation.pk})
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = %s", [status])
            cursor.execute(
                "UPDATE procrastinate_events SET at = now() - make_interval(days => %s)", [days]
            )
        return found.get()

    @pytest.mark.parametrize("status", ["failed", "cancelled", "aborted", "succeeded"])
    def test_what_ended_long_ago_goes_with_its_events(self, draft: Client, status: str) -> None:
        self.job(draft, status, days=31)
        self.thin()
        assert not ProcrastinateJob.objects.exists()
        assert not ProcrastinateEvent.objects.exists()

    @pytest.mark.parametrize(("status", "days"), [("failed", 29), ("todo", 400), ("doing", 400)])
    def test_others_stay(self, draft: Client, status: str, days: int) -> None:
        self.job(draft, status, days=days)
        self.thin()
        assert ProcrastinateJob.objects.exists()
