"""Many operations tried again or cancelled, and two people who do it at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from console.accounts.models import User
from console.history.models import LogEntry
from tenants.exceptions import (
    AlreadyProvisioned,
    ClientBusy,
    NotAllowed,
    OperationNotFailed,
    OperationNotWaiting,
    OperationOpen,
)
from tenants.models import (
    Client,
    ClientStatus,
    Domain,
    Operation,
    OperationEvent,
    OperationState,
    Rollout,
)
from tenants.operations import locking
from tenants.operations.many import cancel_waiting, retry_failed
from tenants.operations.request import request_operation
from tenants.operations.rollout import request_rollout
from tests.tenants.operating import (
    CREATE,
    DROP,
    MIGRATE,
    failed,
    in_state,
    make_drafts,
    queries,
    statuses,
    waiting_jobs,
)


@pytest.fixture
def drafts(db: None) -> list[Client]:
    return make_drafts(5)


class TestTryingAgain:
    def test_queues_all_that_failed(self, drafts: list[Client], operator: User) -> None:
        operations = [failed(client) for client in drafts]
        result = retry_failed(operations, acting_user=operator)
        assert result.refused == []
        assert {operation.pk for operation in result.operations} == {o.pk for o in operations}
        for operation in operations:
            operation.refresh_from_db()
            assert (operation.state, operation.attempts) == (OperationState.QUEUED, 0)
            assert operation.requested_by == operator
            assert operation.events.last().message == "Asked for again by olga@console.example."
            assert waiting_jobs(operation) == 1
        assert statuses(drafts) == {ClientStatus.PROVISIONING}
        assert LogEntry.objects.about(drafts[0])[0].actor_email == operator.email

    def test_names_those_left_out_and_why(self, drafts: list[Client], alpha: Client) -> None:
        done = alpha.operations.get()
        older, newer = failed(drafts[0]), failed(drafts[0])
        obsolete = failed(alpha)
        overtaken = failed(drafts[1])
        request_operation(drafts[1], CREATE, acting_user=None)
        result = retry_failed([done, older, newer, obsolete, overtaken], acting_user=None)
        assert result.operations == [newer]
        assert {operation: type(why) for operation, why in result.refused} == {
            done: OperationNotFailed,
            older: OperationOpen,
            obsolete: AlreadyProvisioned,
            overtaken: OperationOpen,
        }

    def test_needs_the_permission_of_each_kind(
        self, drafts: list[Client], alpha: Client, viewer: User
    ) -> None:
        creating, dropping = failed(drafts[0]), failed(alpha, DROP)
        with pytest.raises(NotAllowed, match="Vera"):
            retry_failed([creating, dropping], acting_user=viewer)
        viewer.user_permissions.add(Permission.objects.get(codename="provision_client"))
        user = User.objects.get(pk=viewer.pk)
        result = retry_failed([creating, dropping], acting_user=user)
        assert result.operations == [creating]
        assert [(o, type(why)) for o, why in result.refused] == [(dropping, NotAllowed)]

    def test_of_nothing_does_nothing(self, db: None, viewer: User) -> None:
        assert retry_failed([], acting_user=viewer).operations == []

    def test_asks_the_same_number_of_queries_for_few_and_for_many(self, db: None) -> None:
        few = [failed(client) for client in make_drafts(3, "few")]
        many = [failed(client) for client in make_drafts(40)]
        assert queries(retry_failed, few, acting_user=None) == queries(
            retry_failed, many, acting_user=None
        )


class TestCancelling:
    def test_closes_all_that_wait(self, drafts: list[Client], operator: User) -> None:
        operations = request_rollout(drafts, CREATE, acting_user=operator).operations
        result = cancel_waiting(operations, acting_user=operator)
        assert (len(result.operations), result.refused) == (5, [])
        for operation in operations:
            operation.refresh_from_db()
            assert operation.state == OperationState.CANCELLED
            assert operation.finished_at is not None
            assert operation.events.last().message == "Cancelled by olga@console.example."
        assert statuses(drafts) == {ClientStatus.DRAFT}

    def test_names_those_left_out_and_why(self, drafts: list[Client]) -> None:
        waiting = request_operation(drafts[0], CREATE, acting_user=None)
        running = in_state(drafts[1], OperationState.RUNNING)
        over = failed(drafts[2])
        result = cancel_waiting([waiting, running, over], acting_user=None)
        assert result.operations == [waiting]
        assert {operation: type(why) for operation, why in result.refused} == {
            running: OperationNotWaiting,
            over: OperationNotWaiting,
        }

    def test_leaves_out_whom_somebody_else_holds_for_long(
        self, alpha: Client, beta: Client, second: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(locking, "PATIENCE", "50ms")
        second.execute("SELECT 1 FROM tenants_client WHERE id = %s FOR NO KEY UPDATE", [alpha.pk])
        held = in_state(alpha, OperationState.QUEUED, MIGRATE)
        free = in_state(beta, OperationState.QUEUED, MIGRATE)
        result = cancel_waiting([held, free], acting_user=None)
        assert result.operations == [free]
        assert [(one, type(why)) for one, why in result.refused] == [(held, ClientBusy)]
        held.refresh_from_db()
        assert held.state == OperationState.QUEUED

    def test_needs_the_permission(self, drafts: list[Client], viewer: User) -> None:
        operation = request_operation(drafts[0], CREATE, acting_user=None)
        with pytest.raises(NotAllowed, match="Vera"):
            cancel_waiting([operation], acting_user=viewer)
        operation.refresh_from_db()
        assert operation.is_open

    def test_asks_the_same_number_of_queries_for_few_and_for_many(self, db: None) -> None:
        few = request_rollout(make_drafts(3, "few"), CREATE, acting_user=None).operations
        many = request_rollout(make_drafts(40), CREATE, acting_user=None).operations
        assert queries(cancel_waiting, few, acting_user=None) == queries(
            cancel_waiting, many, acting_user=None
        )


class TestTwoAtTheSameTime:
    """Two members of staff press the same button: rows that both connections see."""

    @pytest.fixture
    def committed(self, django_db_setup: None, django_db_blocker: Any) -> Iterator[list[Client]]:
        with django_db_blocker.unblock():
            clients = make_drafts(40, "twice")
            try:
                yield clients
            finally:
                operations = Operation.objects.filter(client__in=clients)
                OperationEvent.objects.filter(operation__in=operations).delete()
                ProcrastinateJob.objects.all()._raw_delete(using="default")
                operations.delete()
                Rollout.objects.all().delete()
                Domain.objects.filter(tenant__in=clients).delete()
                for client in clients:
                    LogEntry.objects.about(client).delete()
                Client.objects.filter(pk__in=[client.pk for client in clients])._raw_delete(
                    using="default"
                )

    def test_each_client_gets_one_operation(
        self, committed: list[Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each has asked who has an open operation before either locks anybody."""
        both = threading.Barrier(2, timeout=10)
        hold_clients = locking.hold_clients

        def meet(keys: Any) -> Any:
            both.wait()
            return hold_clients(keys)

        monkeypatch.setattr(locking, "hold_clients", meet)
        results: list[Any] = []

        def ask(clients: list[Client]) -> None:
            try:
                results.append(request_rollout(clients, CREATE, acting_user=None))
            except Exception as exc:
                results.append(exc)
            finally:
                connection.close()

        orders = (committed, committed[::-1])
        threads = [threading.Thread(target=ask, args=[clients]) for clients in orders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        first, late = sorted(results, key=lambda result: -len(result.operations))
        assert len(first.operations) == 40
        assert (late.rollout, late.operations) == (None, [])
        assert {type(why) for _client, why in late.refused} == {OperationOpen}
        assert Operation.objects.open().filter(client__in=committed).count() == 40
