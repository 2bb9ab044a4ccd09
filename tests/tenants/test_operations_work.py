"""What operations do: make a tenant, bring it up to date; in this process, without the worker."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history.models import LogEntry
from console.postgres.contexts import owner_rights
from tenants.models import HELD_BACK, Client, ClientStatus, Operation, OperationState
from tenants.operations import run
from tenants.operations.lifecycle import reactivate, suspend
from tenants.operations.request import request_operation
from tenants.operations.run import run_operation
from tenants.schemas.inspect import schema_exists
from tenants.schemas.migrate import missing_migrations
from tests.tenants.operating import CREATE, MIGRATE, make_behind, waiting_jobs


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
            "axes",
            "company",
            "contenttypes",
            "history",
            "importing",
            "sessions",
            "tenant_data",
        }
        assert recorded == expected
        # Who may import a kind of record may see its imports: they have no right of their own.
        assert labels == expected - {"importing"}

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

    def test_is_in_the_clients_history_as_who_asked_for_it(
        self, draft: Client, operator: User
    ) -> None:
        run_operation(request_operation(draft, CREATE, acting_user=operator).pk)
        entry = LogEntry.objects.about(draft)[0]
        assert entry.changes["status"] == ["provisioning", "active"]
        assert entry.actor_email == operator.email

    def test_a_failure_makes_the_client_a_draft_again(self, draft: Client, operator: User) -> None:
        operation = request_operation(draft, CREATE, acting_user=operator)
        operator.is_active = False
        operator.save()
        run_operation(operation.pk)
        draft.refresh_from_db()
        assert draft.status == ClientStatus.DRAFT
        entry = LogEntry.objects.about(draft)[0]
        assert entry.changes["status"] == ["provisioning", "draft"]
        assert entry.actor_email == operator.email


class TestMigrating:
    def test_says_when_there_is_nothing_to_do(self, alpha: Client) -> None:
        operation = run_operation(request_operation(alpha, MIGRATE, acting_user=None).pk)
        assert operation.state == OperationState.SUCCEEDED
        assert "nothing to do" in operation.events.last().message

    def test_applies_what_is_missing(self, alpha: Client) -> None:
        make_behind("alpha")
        lacking = missing_migrations(["alpha"])["alpha"]
        assert {name.partition(".")[0] for name in lacking} == {"tenant_data"}
        assert "tenant_data.0001_initial" in lacking
        operation = run_operation(request_operation(alpha, MIGRATE, acting_user=None).pk)
        assert operation.state == OperationState.SUCCEEDED, operation.error_detail
        assert operation.events.last().message == f"Applied {len(lacking)} migrations."
        assert missing_migrations(["alpha"]) == {}
        with schema_context("alpha"), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM tenant_data_task")  # the rights came with it

    def test_a_schema_that_is_gone_is_said_to_be(self, alpha: Client) -> None:
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA alpha CASCADE")
        operation = run_operation(request_operation(alpha, MIGRATE, acting_user=None).pk)
        assert operation.state == OperationState.FAILED
        assert "“alpha” is not in the database" in operation.error

    def test_a_failure_that_is_foreseen_is_one_line_for_the_administrator(
        self, alpha: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA alpha CASCADE")
        operation = request_operation(alpha, MIGRATE, acting_user=None)
        run_operation(operation.pk)
        (record,) = [each for each in caplog.records if each.name == run.__name__]
        assert (record.levelname, record.exc_info) == ("WARNING", None)
        assert f"Operation {operation.pk} failed: The schema “alpha”" in record.getMessage()


class TestSuspended:
    """The work of a suspended client waits."""

    def test_until_it_is_reactivated(self, alpha: Client) -> None:
        make_behind("alpha")
        operation = request_operation(alpha, MIGRATE, acting_user=None)
        suspend(alpha, acting_user=None)
        assert run_operation(operation.pk) is None
        operation.refresh_from_db()
        assert (operation.state, operation.attempts) == (OperationState.QUEUED, 0)
        with connection.cursor() as cursor:  # the worker is done with its job
            cursor.execute("DELETE FROM procrastinate_jobs")
        reactivate(alpha, acting_user=None)
        assert waiting_jobs(operation) == 1
        assert run_operation(operation.pk).state == OperationState.SUCCEEDED
        assert missing_migrations(["alpha"]) == {}

    def test_its_log_says_so_once(self, alpha: Client) -> None:
        operation = request_operation(alpha, MIGRATE, acting_user=None)
        suspend(alpha, acting_user=None)
        for _job in range(3):
            run_operation(operation.pk)
        lines = operation.events.filter(step=HELD_BACK)
        assert [line.message for line in lines] == [
            "The client is suspended: this waits until it is reactivated."
        ]

    def test_also_where_it_is_suspended_after_the_work_was_begun(
        self, alpha: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between the first look at the client and the lock on its row."""
        make_behind("alpha")
        operation = request_operation(alpha, MIGRATE, acting_user=None)
        begin = run._begin

        def begin_and_suspend(operation_id: int) -> Operation | None:
            begun = begin(operation_id)
            suspend(alpha, acting_user=None)
            return begun

        monkeypatch.setattr(run, "_begin", begin_and_suspend)
        assert run_operation(operation.pk) is None
        operation.refresh_from_db()
        assert (operation.state, operation.attempts) == (OperationState.QUEUED, 0)
        assert operation.started_at is None
        assert operation.events.last().step == HELD_BACK
        assert missing_migrations(["alpha"]) != {}

    def test_a_schema_that_fell_behind_meanwhile_is_brought_up_to_date(
        self, alpha: Client, operator: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        suspend(alpha, acting_user=None)
        monkeypatch.setattr("tenants.operations.lifecycle.is_behind", lambda client: True)
        reactivate(alpha, acting_user=operator)
        operation = alpha.operations.open().get()
        assert operation.kind == MIGRATE
        assert operation.requested_by_email == operator.email

    def test_what_a_terminal_runs_does_not_wait(self, alpha: Client) -> None:
        suspend(alpha, acting_user=None)
        operation = request_operation(alpha, MIGRATE, acting_user=None, queued=False)
        assert run_operation(operation.pk).state == OperationState.SUCCEEDED

    def test_and_no_worker_gets_it(self, alpha: Client) -> None:
        suspend(alpha, acting_user=None)
        operation = request_operation(alpha, MIGRATE, acting_user=None, queued=False)
        reactivate(alpha, acting_user=None)
        assert waiting_jobs(operation) == 0
