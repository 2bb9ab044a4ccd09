"""What is tried again, what is not, and whose word counts."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from tenants.exceptions import SchemaBusy
from tenants.models import Client, Operation, OperationState
from tenants.operations import run
from tenants.operations.request import request_operation
from tenants.operations.run import MAX_ATTEMPTS, TryAgain, run_operation, run_to_the_end
from tests.tenants.operating import CREATE, MIGRATE, TAKE, in_state, key_of


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


class TestLostAnswers:
    """The work may be committed although its answer was lost; the row says what is so."""

    @pytest.fixture
    def operation(self, draft: Client, monkeypatch: pytest.MonkeyPatch) -> Operation:
        return request_operation(draft, CREATE, acting_user=None)

    def loses(self, monkeypatch: pytest.MonkeyPatch, error: Exception, **row: Any) -> None:
        """The work writes what somebody else would have, and then the connection fails."""

        def work(client: Client, report: Any) -> str:
            return ""

        def close(operation: Operation, state: OperationState, last_word: str) -> None:
            Operation.objects.filter(pk=operation.pk).update(**row)
            raise error

        monkeypatch.setitem(run.WORK, CREATE, work)
        monkeypatch.setattr(run, "_close", close)
        # What was committed stays although the transaction seems to have failed.
        monkeypatch.setattr(run.transaction, "atomic", _no_transaction)

    @pytest.mark.parametrize("error", [OperationalError("gone"), ValueError("gone")])
    def test_work_that_was_committed_stays_done(
        self, operation: Operation, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        self.loses(monkeypatch, error, state=OperationState.SUCCEEDED)
        try:
            run_operation(operation.pk)
        finally:
            operation.refresh_from_db()
        assert (operation.state, operation.error) == (OperationState.SUCCEEDED, "")

    @pytest.mark.parametrize("error", [OperationalError("gone"), ValueError("gone")])
    def test_a_later_attempt_of_another_worker_is_left_alone(
        self, operation: Operation, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        self.loses(monkeypatch, error, state=OperationState.RUNNING, attempts=2)
        run_operation(operation.pk)
        operation.refresh_from_db()
        assert (operation.state, operation.attempts) == (OperationState.RUNNING, 2)
        assert operation.error == ""


class _no_transaction:  # noqa: N801 - stands for the context manager of that spelling
    def __init__(self, *args: Any, **options: Any) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(self, *error: object) -> None: ...


class TestInATerminal:
    def test_all_attempts_are_made(self, draft: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def work(client: Client, report: Any) -> str:
            raise OperationalError("canceling statement due to lock timeout")

        monkeypatch.setitem(run.WORK, CREATE, work)
        monkeypatch.setattr(run, "RETRY_PAUSE_SECONDS", 0)
        operation = request_operation(draft, CREATE, acting_user=None, queued=False)
        operation = run_to_the_end(operation)
        assert (operation.state, operation.attempts) == (OperationState.FAILED, MAX_ATTEMPTS)

    def test_the_schema_is_held_between_them(
        self, draft: Client, second: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Otherwise it would look as if its process were gone."""

        def work(client: Client, report: Any) -> str:
            raise OperationalError("canceling statement due to lock timeout")

        free = []

        def pause(seconds: float) -> None:
            free.append(second.execute(TAKE, [key_of(draft.schema_name)]).fetchone()[0])

        monkeypatch.setitem(run.WORK, CREATE, work)
        monkeypatch.setattr(run.time, "sleep", pause)
        run_to_the_end(request_operation(draft, CREATE, acting_user=None, queued=False))
        assert free == [False] * (MAX_ATTEMPTS - 1)

    def test_a_busy_schema_closes_what_waits_for_this_process(
        self, alpha: Client, second: Any
    ) -> None:
        operation = request_operation(alpha, MIGRATE, acting_user=None, queued=False)
        second.execute(TAKE, [key_of("alpha")])
        with pytest.raises(SchemaBusy):
            run_to_the_end(operation)
        operation.refresh_from_db()
        assert operation.state == OperationState.FAILED

    @pytest.mark.parametrize(
        ("state", "queued"),
        [
            (OperationState.RUNNING, False),
            (OperationState.RUNNING, True),
            (OperationState.QUEUED, True),
        ],
    )
    def test_but_not_what_somebody_else_runs_or_will(
        self, alpha: Client, second: Any, state: OperationState, queued: bool
    ) -> None:
        operation = in_state(alpha, state, MIGRATE, queued=queued)
        second.execute(TAKE, [key_of("alpha")])
        with pytest.raises(SchemaBusy):
            run_to_the_end(operation)
        operation.refresh_from_db()
        assert operation.state == state
