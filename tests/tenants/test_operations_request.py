"""Asking for an operation, asking again, and calling it off: the verbs of a button."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history.models import LogEntry
from tenants.exceptions import (
    AlreadyProvisioned,
    ClientArchived,
    ClientBusy,
    ClientSuspended,
    NotAllowed,
    NotProvisioned,
    OperationNotFailed,
    OperationNotWaiting,
    OperationOpen,
    PublicIsUntouchable,
)
from tenants.models import Client, ClientStatus, Operation, OperationKind, OperationState
from tenants.operations.lifecycle import archive, suspend
from tenants.operations.request import cancel_operation, request_operation, retry_operation
from tenants.operations.run import run_operation
from tenants.schemas.inspect import schema_exists
from tenants.schemas.locks import lock_timeout
from tests.tenants.operating import CREATE, MIGRATE, failed, in_state, waiting_jobs


def status(client: Client) -> str:
    return Client.objects.values_list("status", flat=True).get(pk=client.pk)


def hold(second: Any, client: Client) -> None:
    """Somebody else holds the client's row, as a worker does while it works on the schema."""
    second.execute("SELECT 1 FROM tenants_client WHERE id = %s FOR NO KEY UPDATE", [client.pk])


def viewer_may(viewer: User) -> User:
    viewer.user_permissions.add(Permission.objects.get(codename="provision_client"))
    return User.objects.get(pk=viewer.pk)


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

    def test_makes_the_client_provisioning(self, draft: Client, operator: User) -> None:
        request_operation(draft, CREATE, acting_user=operator)
        assert status(draft) == ClientStatus.PROVISIONING
        entry = LogEntry.objects.about(draft)[0]
        assert entry.changes["status"] == ["draft", "provisioning"]
        assert entry.actor_email == operator.email

    @pytest.mark.parametrize(
        ("close", "refusal"),
        [(suspend, ClientSuspended), (archive, ClientArchived)],
        ids=["suspended", "archived"],
    )
    def test_a_closed_client_is_migrated_from_a_terminal_alone(
        self, alpha: Client, close: Any, refusal: Any, today: Any
    ) -> None:
        close(alpha, acting_user=None, **({"removal_on": today} if close is archive else {}))
        with pytest.raises(refusal):
            request_operation(alpha, MIGRATE, acting_user=None)
        operation = request_operation(alpha, MIGRATE, acting_user=None, queued=False)
        assert operation.is_open

    def test_an_archived_client_gets_no_schema(self, draft: Client, today: Any) -> None:
        archive(draft, removal_on=today, acting_user=None)
        with pytest.raises(ClientArchived):
            request_operation(draft, CREATE, acting_user=None)

    def test_what_a_terminal_runs_is_given_to_no_worker(self, draft: Client) -> None:
        operation = request_operation(draft, CREATE, acting_user=None, queued=False)
        assert waiting_jobs(operation) == 0

    def test_holds_the_clients_row(self, alpha: Client, second: Any) -> None:
        """Who asks at the same moment is told so, and does not wait."""
        hold(second, alpha)
        with pytest.raises(ClientBusy, match="changed by somebody else"), lock_timeout("5s"):
            request_operation(alpha, MIGRATE, acting_user=None)
        assert not alpha.operations.open().exists()

    def test_again_does_not_wait_either(self, alpha: Client, second: Any) -> None:
        operation = failed(alpha, MIGRATE)
        hold(second, alpha)
        with pytest.raises(ClientBusy), lock_timeout("5s"):
            retry_operation(operation, acting_user=None)

    def test_is_refused_without_waiting_for_a_worker(
        self, draft: Client, alpha: Client, second: Any
    ) -> None:
        in_state(alpha, OperationState.RUNNING, MIGRATE)
        hold(second, alpha)
        with pytest.raises(OperationOpen), lock_timeout("100ms"):
            request_operation(alpha, MIGRATE, acting_user=None)


class TestAskingAgain:
    def test_a_person_may_try_again(self, draft: Client, operator: User, viewer: User) -> None:
        operation = failed(draft)
        with pytest.raises(NotAllowed):
            retry_operation(operation, acting_user=viewer)
        operation = retry_operation(operation, acting_user=operator)
        assert (operation.state, operation.error) == (OperationState.QUEUED, "")
        assert operation.requested_by_email == operator.email
        assert run_operation(operation.pk).state == OperationState.SUCCEEDED

    def test_the_log_keeps_what_went_wrong_and_who_asked_again(
        self, draft: Client, operator: User, viewer: User
    ) -> None:
        operation = request_operation(draft, CREATE, acting_user=viewer_may(viewer))
        viewer.user_permissions.clear()
        failure = run_operation(operation.pk)
        retry_operation(failure, acting_user=operator)
        assert [line.message for line in operation.events.all()][-2:] == [
            "vera@console.example may not do this, or may not any more.",
            "Asked for again by olga@console.example.",
        ]

    def test_only_what_failed_is_tried_again(self, alpha: Client, operator: User) -> None:
        with pytest.raises(OperationNotFailed):
            retry_operation(alpha.operations.get(), acting_user=operator)

    def test_not_beside_a_newer_one(self, draft: Client, operator: User) -> None:
        operation = failed(draft)
        request_operation(draft, CREATE, acting_user=operator)
        with pytest.raises(OperationOpen):
            retry_operation(operation, acting_user=operator)

    def test_a_client_whose_schema_is_to_be_made_is_provisioning_again(
        self, draft: Client, operator: User
    ) -> None:
        retry_operation(failed(draft), acting_user=operator)
        assert status(draft) == ClientStatus.PROVISIONING

    def test_what_a_terminal_began_a_worker_goes_on_with(self, draft: Client) -> None:
        operation = in_state(draft, OperationState.FAILED, queued=False)
        operation = retry_operation(operation, acting_user=None)
        assert operation.queued
        assert waiting_jobs(operation) == 1


class TestCallingOff:
    @pytest.fixture
    def waiting(self, draft: Client, operator: User) -> Operation:
        return request_operation(draft, CREATE, acting_user=operator)

    def test_closes_what_waits(self, waiting: Operation, draft: Client, operator: User) -> None:
        operation = cancel_operation(waiting, acting_user=operator)
        assert operation.state == OperationState.CANCELLED
        assert operation.finished_at is not None
        assert operation.events.last().message == "Cancelled by olga@console.example."
        assert status(draft) == ClientStatus.DRAFT
        assert LogEntry.objects.about(draft)[0].changes["status"] == ["provisioning", "draft"]

    def test_nothing_is_done_for_it_any_more(self, waiting: Operation, operator: User) -> None:
        cancel_operation(waiting, acting_user=operator)
        assert run_operation(waiting.pk) is None
        assert not schema_exists("gamma")

    def test_the_client_can_be_asked_for_anew(
        self, waiting: Operation, draft: Client, operator: User
    ) -> None:
        cancel_operation(waiting, acting_user=operator)
        assert request_operation(draft, CREATE, acting_user=operator).pk != waiting.pk

    def test_needs_the_permission(self, waiting: Operation, viewer: User) -> None:
        with pytest.raises(NotAllowed, match="Vera"):
            cancel_operation(waiting, acting_user=viewer)
        waiting.refresh_from_db()
        assert waiting.state == OperationState.QUEUED

    @pytest.mark.parametrize(
        "state", [state for state in OperationState if state != OperationState.QUEUED]
    )
    def test_only_what_waits(self, draft: Client, operator: User, state: OperationState) -> None:
        operation = in_state(draft, state)
        with pytest.raises(OperationNotWaiting):
            cancel_operation(operation, acting_user=operator)
        operation.refresh_from_db()
        assert operation.state == state

    def test_a_worker_that_was_quicker_is_not_waited_for(
        self, alpha: Client, operator: User, second: Any
    ) -> None:
        operation = in_state(alpha, OperationState.RUNNING, MIGRATE)
        hold(second, alpha)
        with pytest.raises(OperationNotWaiting), lock_timeout("100ms"):
            cancel_operation(operation, acting_user=operator)

    def test_whoever_else_has_the_client_is_not_waited_for_either(
        self, alpha: Client, operator: User, second: Any
    ) -> None:
        operation = in_state(alpha, OperationState.QUEUED, MIGRATE)
        hold(second, alpha)
        with pytest.raises(ClientBusy), lock_timeout("5s"):
            cancel_operation(operation, acting_user=operator)
        operation.refresh_from_db()
        assert operation.state == OperationState.QUEUED


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
