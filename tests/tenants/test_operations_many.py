"""Many at once: rollouts, trying all failed ones again, cancelling all that wait."""

from __future__ import annotations

from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from console.accounts.models import User
from console.history.models import LogEntry
from tenants.exceptions import (
    AlreadyProvisioned,
    ClientBusy,
    NotAllowed,
    OperationOpen,
    PublicIsUntouchable,
)
from tenants.models import (
    Client,
    ClientStatus,
    OperationState,
    Rollout,
)
from tenants.operations import locking, queue
from tenants.operations.queue import enqueue, enqueue_many
from tenants.operations.request import request_operation
from tenants.operations.rollout import request_rollout
from tests.tenants.operating import (
    CREATE,
    DROP,
    MIGRATE,
    in_state,
    make_drafts,
    queries,
    statuses,
    waiting_jobs,
)


@pytest.fixture
def drafts(db: None) -> list[Client]:
    return make_drafts(5)


class TestRollouts:
    def test_write_an_operation_with_a_job_for_each(
        self, drafts: list[Client], operator: User
    ) -> None:
        result = request_rollout(drafts, CREATE, acting_user=operator)
        assert result.rollout is not None
        assert [operation.client for operation in result.operations] == drafts
        for operation in result.rollout.operations.all():
            assert operation.state == OperationState.QUEUED
            assert operation.requested_by_email == operator.email
            assert [line.message for line in operation.events.all()] == ["Waiting for a worker."]
            assert waiting_jobs(operation) == 1
        assert statuses(drafts) == {ClientStatus.PROVISIONING}

    def test_are_in_each_clients_history(self, drafts: list[Client], operator: User) -> None:
        request_rollout(drafts, CREATE, acting_user=operator)
        for client in drafts:
            entry = LogEntry.objects.about(client)[0]
            assert entry.changes == {"status": ["draft", "provisioning"]}
            assert entry.actor_email == operator.email

    def test_need_the_permission(self, drafts: list[Client], viewer: User) -> None:
        with pytest.raises(NotAllowed, match="Vera"):
            request_rollout(drafts, CREATE, acting_user=viewer)
        assert not Rollout.objects.exists()

    def test_name_those_left_out_and_why(
        self, drafts: list[Client], alpha: Client, operator: User
    ) -> None:
        request_operation(drafts[1], CREATE, acting_user=None)
        public = Client.objects.get(schema_name="public")
        result = request_rollout([*drafts, alpha, public], CREATE, acting_user=operator)
        assert {client: type(why) for client, why in result.refused} == {
            drafts[1]: OperationOpen,
            alpha: AlreadyProvisioned,
            public: PublicIsUntouchable,
        }
        assert len(result.operations) == 4

    def test_of_which_none_can_leave_no_trace(self, alpha: Client, operator: User) -> None:
        result = request_rollout([alpha], CREATE, acting_user=operator)
        assert (result.rollout, result.operations) == (None, [])
        assert not Rollout.objects.exists()

    def test_take_a_client_that_is_named_twice_once(self, drafts: list[Client]) -> None:
        result = request_rollout([drafts[0], drafts[0]], CREATE, acting_user=None)
        assert (len(result.operations), result.refused) == (1, [])

    def test_drop_nothing(self, alpha: Client) -> None:
        with pytest.raises(ValueError, match="one by one"):
            request_rollout([alpha], DROP, acting_user=None)

    def test_leave_out_whom_somebody_else_holds_for_long(
        self, alpha: Client, beta: Client, second: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(locking, "PATIENCE", "50ms")
        second.execute("SELECT 1 FROM tenants_client WHERE id = %s FOR NO KEY UPDATE", [alpha.pk])
        result = request_rollout([alpha, beta], MIGRATE, acting_user=None)
        assert [operation.client for operation in result.operations] == [beta]
        assert [(client, type(why)) for client, why in result.refused] == [(alpha, ClientBusy)]

    def test_ask_the_same_number_of_queries_for_few_and_for_many(self, db: None) -> None:
        few, many = make_drafts(3, "few"), make_drafts(40)
        assert queries(request_rollout, few, CREATE, acting_user=None) == queries(
            request_rollout, many, CREATE, acting_user=None
        )

    def test_are_done_in_parts(
        self, drafts: list[Client], operator: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(locking, "CHUNK", 2)
        result = request_rollout(drafts, CREATE, acting_user=operator)
        assert [operation.client for operation in result.operations] == drafts


class TestQueue:
    def test_a_single_operation_goes_ahead_of_a_rollout(self, drafts: list[Client]) -> None:
        request_rollout(drafts[1:], CREATE, acting_user=None)
        operation = request_operation(drafts[0], CREATE, acting_user=None)
        jobs = ProcrastinateJob.objects.filter(status="todo").order_by("-priority", "id")
        assert jobs[0].args == {"operation_id": operation.pk}

    def test_a_job_that_waits_is_not_added_again(self, drafts: list[Client]) -> None:
        operations = request_rollout(drafts, CREATE, acting_user=None).operations
        assert enqueue_many(operations) == 0
        assert enqueue(operations[0]) is False
        ProcrastinateJob.objects.filter(args={"operation_id": operations[0].pk})._raw_delete(
            using="default"
        )
        assert enqueue_many(operations) == 1

    def test_comes_once_where_somebody_adds_it_at_the_same_moment(
        self, drafts: list[Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """After it was asked which are there: the others come in all the same."""
        operations = [in_state(client, OperationState.QUEUED) for client in drafts]
        enqueue(operations[2])
        monkeypatch.setattr(queue, "_waiting", lambda jobs: set())
        assert enqueue_many(operations) == len(drafts) - 1
        assert {waiting_jobs(operation) for operation in operations} == {1}
