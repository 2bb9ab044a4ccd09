"""A deployment in the middle: pages have the new code, a worker has not yet."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations import operations as ops
from procrastinate.contrib.django.models import ProcrastinateJob

from tenants.models import Client, Operation, OperationState
from tenants.operations.reconcile import reconcile
from tenants.operations.request import request_operation, retry_operation
from tenants.operations.run import fail, run_operation
from tenants.operations.versions import is_behind
from tenants.schemas.migrate import missing_migrations
from tests.database import make_client
from tests.tenants.more_migrations import more_migrations
from tests.tenants.operating import CREATE, MIGRATE, waiting_jobs

COLUMN = ops.AddField("label", "code", models.TextField(null=True))


def now(operation: Operation) -> str:
    return Operation.objects.values_list("state", flat=True).get(pk=operation.pk)


@pytest.fixture
def asked(alpha: Client) -> Operation:
    with more_migrations(COLUMN):
        return request_operation(alpha, MIGRATE, acting_user=None)


def test_a_migration_waits_for_a_worker_that_has_it(alpha: Client, asked: Operation) -> None:
    assert run_operation(asked.pk) is None
    assert now(asked) == OperationState.QUEUED
    with more_migrations(COLUMN):
        run_operation(asked.pk)
        assert missing_migrations(["alpha"]) == {}
        alpha.refresh_from_db()
        assert not is_behind(alpha)
    assert now(asked) == OperationState.SUCCEEDED


def test_it_is_given_a_job_until_one_has_taken_it(asked: Operation) -> None:
    ProcrastinateJob.objects.all()._raw_delete(using="default")
    Operation.objects.filter(pk=asked.pk).update(created_at="2020-01-01T00:00Z")
    assert reconcile() == 1
    assert waiting_jobs(asked) == 1


def test_and_so_does_one_that_is_asked_for_again(asked: Operation) -> None:
    fail(asked, ValueError("no"))
    with more_migrations(COLUMN):
        retry_operation(asked, acting_user=None)
    assert run_operation(asked.pk) is None
    assert now(asked) == OperationState.QUEUED


def test_one_of_newer_code_does_what_was_asked_before(alpha: Client) -> None:
    operation = request_operation(alpha, MIGRATE, acting_user=None)
    with more_migrations(COLUMN):
        run_operation(operation.pk)
        assert missing_migrations(["alpha"]) == {}
    assert now(operation) == OperationState.SUCCEEDED


def test_a_schema_is_made_by_any_and_said_to_be_behind(db: None) -> None:
    client = make_client("draft", ready=False)
    with more_migrations(COLUMN):
        operation = request_operation(client, CREATE, acting_user=None)
    run_operation(operation.pk)
    assert now(operation) == OperationState.SUCCEEDED
    with more_migrations(COLUMN):
        assert is_behind(Client.objects.get(pk=client.pk))
