"""Operations: asked for, run, failed, tried again; in this process, without the worker."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import OperationalError, connection
from django_tenants.utils import schema_context
from procrastinate.contrib.django.models import ProcrastinateJob

from console.accounts.models import User
from console.postgres.contexts import owner_rights
from tenants.exceptions import (
    AlreadyProvisioned,
    NotAllowed,
    NotProvisioned,
    OperationNotFailed,
    OperationOpen,
    PublicIsUntouchable,
)
from tenants.models import Client, Operation, OperationKind, OperationState
from tenants.operations import run
from tenants.operations.reconcile import reconcile
from tenants.operations.request import request_operation, request_rollout, retry_operation
from tenants.operations.run import MAX_ATTEMPTS, TryAgain, run_operation
from tenants.schemas.inspect import schema_exists
from tenants.schemas.migrate import missing_migrations
from tests.database import make_client

CREATE, MIGRATE = OperationKind.CREATE_SCHEMA, OperationKind.MIGRATE_SCHEMA


@pytest.fixture
def draft(db: None) -> Client:
    """A client without a schema."""
    return make_client("gamma", ready=False)


def waiting_jobs(operation: Operation) -> int:
    return ProcrastinateJob.objects.filter(
        status="todo", args={"operation_id": operation.pk}
    ).count()


class TestAsking:
    def test_writes_the_operation_and_its_job(self, draft: Client, operator: User) -> None:
        operation = request_operation(draft, CREATE, acting_user=operator)
        assert operation.state == OperationState.QUEUED
        assert operation.requested_by_email == "olga@console.example"
        assert waiting_jobs(operation) == 1
        assert not schema_exists("gamma")

    def test_needs_the_permission(self, draft: Client, viewer: User) -> None:
        with pytest.raises(NotAllowed, match="Vera"):
            request_operation(draft, CREATE, acting_user=viewer)
        assert not Operation.objects.filter(client=draft).exists()

    def test_two_people_start_one(self, draft: Client, operator: User) -> None:
        first = request_operation(draft, CREATE, acting_user=operator)
        with pytest.raises(OperationOpen, match=f"#{first.pk}"):
            request_operation(draft, CREATE, acting_user=operator)
        assert draft.operations.count() == 1

    def test_a_schema_is_made_once(self, alpha: Client, operator: User) -> None:
        with pytest.raises(AlreadyProvisioned):
            request_operation(alpha, CREATE, acting_user=operator)

    def test_there_is_nothing_to_migrate_without_a_schema(
        self, draft: Client, operator: User
    ) -> None:
        with pytest.raises(NotProvisioned):
            request_operation(draft, MIGRATE, acting_user=operator)

    @pytest.mark.parametrize("kind", OperationKind)
    def test_the_console_itself_is_untouchable(
        self, db: None, operator: User, kind: OperationKind
    ) -> None:
        with pytest.raises(PublicIsUntouchable):
            request_operation(Client.objects.get(schema_name="public"), kind, acting_user=operator)

    def test_for_many_names_those_left_out(
        self, draft: Client, alpha: Client, operator: User
    ) -> None:
        result = request_rollout([draft, alpha], CREATE, acting_user=operator)
        assert [operation.client for operation in result.operations] == [draft]
        assert [client for client, _why in result.refused] == [alpha]
        assert result.rollout is not None
        assert result.rollout.operations.count() == 1

    def test_for_many_of_which_none_can_leaves_no_rollout(
        self, alpha: Client, operator: User
    ) -> None:
        result = request_rollout([alpha], CREATE, acting_user=operator)
        assert result.rollout is None
        assert not alpha.operations.filter(rollout__isnull=False).exists()


class TestCreating:
    def test_makes_a_tenant_that_is_ready(self, draft: Client, operator: User) -> None:
        operation = request_operation(draft, CREATE, acting_user=operator)
        operation = run_operation(operation.pk)
        assert operation.state == OperationState.SUCCEEDED, operation.error_detail
        draft.refresh_from_db()
        assert draft.is_provisioned
        with schema_context("gamma"):
            admin = User.objects.get()
            assert (admin.email, admin.name) == ("ada@gamma.example", "Ada Owner")
            assert not admin.has_usable_password()
        assert missing_migrations(["gamma"]) == {}

    def test_holds_only_what_belongs_to_a_tenant(self, alpha: Client) -> None:
        with schema_context("alpha"), connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT app FROM django_migrations")
            recorded = {app for (app,) in cursor.fetchall()}
            labels = set(Permission.objects.values_list("content_type__app_label", flat=True))
        expected = {
            "accounts",
            "admin",
            "auth",
            "contenttypes",
            "history",
            "sessions",
            "tenant_data",
        }
        assert recorded == expected
        assert labels == expected

    def test_says_what_it_does(self, draft: Client) -> None:
        operation = request_operation(draft, CREATE, acting_user=None)
        run_operation(operation.pk)
        log = list(operation.events.values_list("message", flat=True))
        assert log[0] == "Waiting for a worker."
        assert "Making the first admin, ada@gamma.example." in log
        assert log[-1] == "The schema is ready."

    def test_never_takes_over_a_schema_that_is_there(self, draft: Client) -> None:
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA gamma")
        operation = request_operation(draft, CREATE, acting_user=None)
        operation = run_operation(operation.pk)
        assert operation.state == OperationState.FAILED
        assert "already has a schema “gamma”" in operation.error
        draft.refresh_from_db()
        assert not draft.is_provisioned

    def test_a_failure_leaves_nothing_behind(self, draft: Client) -> None:
        """The first admin cannot be made: the schema, its roles and its tables are undone."""
        Client.objects.filter(pk=draft.pk).update(admin_email="x" * 250)
        operation = request_operation(draft, CREATE, acting_user=None)
        Client.objects.filter(pk=draft.pk).update(admin_email="")
        operation = run_operation(operation.pk)
        assert operation.state == OperationState.FAILED
        assert "everything it had begun was undone" in operation.error
        assert "ValueError: A user needs an e-mail address." in operation.error_detail
        assert not schema_exists("gamma")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname LIKE '%:gamma:%'")
            assert cursor.fetchone()[0] == 0

    def test_asks_again_whether_the_person_may(self, draft: Client, operator: User) -> None:
        """Minutes lie between the button and the worker."""
        operation = request_operation(draft, CREATE, acting_user=operator)
        operator.is_active = False
        operator.save()
        operation = run_operation(operation.pk)
        assert operation.state == OperationState.FAILED
        assert "olga@console.example may not do this" in operation.error
        assert not schema_exists("gamma")

    def test_a_job_that_comes_twice_runs_once(self, draft: Client) -> None:
        operation = request_operation(draft, CREATE, acting_user=None)
        assert run_operation(operation.pk) is not None
        assert run_operation(operation.pk) is None
        operation.refresh_from_db()
        assert operation.attempts == 1


class TestMigrating:
    def test_says_when_there_is_nothing_to_do(self, alpha: Client) -> None:
        operation = run_operation(request_operation(alpha, MIGRATE, acting_user=None).pk)
        assert operation.state == OperationState.SUCCEEDED
        assert "nothing to do" in operation.events.last().message

    def test_applies_what_is_missing(self, alpha: Client) -> None:
        make_behind("alpha")
        assert missing_migrations(["alpha"]) == {"alpha": ["tenant_data.0001_initial"]}
        operation = run_operation(request_operation(alpha, MIGRATE, acting_user=None).pk)
        assert operation.state == OperationState.SUCCEEDED, operation.error_detail
        assert operation.events.last().message == "Applied 1 migration."
        assert missing_migrations(["alpha"]) == {}
        with schema_context("alpha"), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM tenant_data_task")  # the rights came with it

    def test_a_schema_that_is_gone_is_said_to_be(self, alpha: Client) -> None:
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA alpha CASCADE")
        operation = run_operation(request_operation(alpha, MIGRATE, acting_user=None).pk)
        assert operation.state == OperationState.FAILED
        assert "“alpha” is not in the database" in operation.error


def make_behind(schema: str) -> None:
    """Take the tables of `tenant_data` and the record of them out of a schema."""
    with owner_rights(schema), connection.cursor() as cursor:
        cursor.execute("DROP TABLE tenant_data_task, tenant_data_project")
        cursor.execute("DELETE FROM django_migrations WHERE app = 'tenant_data'")


class TestFailing:
    @pytest.fixture
    def no_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The work of creating meets a server that does not answer in time."""

        def work(client: Client, report: Any) -> str:
            raise OperationalError("canceling statement due to lock timeout")

        monkeypatch.setitem(run.WORK, CREATE, work)

    def test_what_may_pass_is_tried_again(self, draft: Client, no_answer: None) -> None:
        operation = request_operation(draft, CREATE, acting_user=None)
        with pytest.raises(TryAgain):
            run_operation(operation.pk)
        operation.refresh_from_db()
        assert operation.state == OperationState.QUEUED
        assert "will be tried again" in operation.error
        assert "lock timeout" in operation.error_detail

    def test_but_not_for_ever(self, draft: Client, no_answer: None) -> None:
        operation = request_operation(draft, CREATE, acting_user=None)
        for _attempt in range(MAX_ATTEMPTS - 1):
            with pytest.raises(TryAgain):
                run_operation(operation.pk)
        operation = run_operation(operation.pk)
        assert (operation.state, operation.attempts) == (OperationState.FAILED, MAX_ATTEMPTS)

    def test_a_person_may_try_again(self, draft: Client, operator: User, viewer: User) -> None:
        operation = failed(draft)
        with pytest.raises(NotAllowed):
            retry_operation(operation, acting_user=viewer)
        operation = retry_operation(operation, acting_user=operator)
        assert (operation.state, operation.error) == (OperationState.QUEUED, "")
        assert operation.requested_by_email == operator.email
        assert run_operation(operation.pk).state == OperationState.SUCCEEDED

    def test_only_what_failed_is_tried_again(self, alpha: Client, operator: User) -> None:
        with pytest.raises(OperationNotFailed):
            retry_operation(alpha.operations.get(), acting_user=operator)

    def test_not_beside_a_newer_one(self, draft: Client, operator: User) -> None:
        operation = failed(draft)
        request_operation(draft, CREATE, acting_user=operator)
        with pytest.raises(OperationOpen):
            retry_operation(operation, acting_user=operator)


def failed(client: Client) -> Operation:
    return Operation.objects.create(client=client, kind=CREATE, state=OperationState.FAILED)


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


def test_a_user_of_a_tenant_is_deleted_without_touching_public(
    alpha: Client, operator: User, draft: Client
) -> None:
    """User 1 of a tenant and user 1 of the staff are two people."""
    operation = request_operation(draft, CREATE, acting_user=operator)
    with schema_context("alpha"):
        User.objects.filter(pk=operator.pk).delete()
        twin = User(pk=operator.pk, email="twin@alpha.example")
        twin.save()
        twin.delete()
    operation.refresh_from_db()
    assert operation.requested_by == operator
