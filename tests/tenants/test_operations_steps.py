"""The steps of an operation: what is done, what runs, what is still to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from tenants.models import ATTEMPT, STEPS, Client, Operation, OperationKind, OperationState
from tenants.operations.progress import log, steps_of
from tenants.operations.request import request_operation
from tenants.operations.run import run_operation

CREATE = OperationKind.CREATE_SCHEMA
BEGAN = datetime(2026, 3, 1, 12, tzinfo=timezone.get_default_timezone())


def in_state(client: Client, state: OperationState, *steps: str, **fields: Any) -> Operation:
    """An operation whose log begins one of the steps each second; ``ATTEMPT`` begins an attempt."""
    operation = Operation.objects.create(
        client=client, kind=CREATE, state=state, started_at=BEGAN, **fields
    )
    for second, step in enumerate(steps):
        log(operation, step, step=step)
        operation.events.filter(pk=operation.events.last().pk).update(
            at=BEGAN + timedelta(seconds=second)
        )
    return operation


def states(operation: Operation) -> dict[str, str]:
    return {step.code: step.state for step in steps_of(operation)}


def test_every_kind_has_steps_and_they_have_labels() -> None:
    assert set(STEPS) == set(OperationKind)
    for steps in STEPS.values():
        assert all(str(label) for _code, label in steps)
        assert len({code for code, _label in steps}) == len(steps)


def test_all_are_to_do_while_it_waits(draft: Client) -> None:
    operation = in_state(draft, OperationState.QUEUED, ATTEMPT, "schema", "tables")
    assert set(states(operation).values()) == {"todo"}


def test_the_last_one_begun_runs(draft: Client) -> None:
    operation = in_state(draft, OperationState.RUNNING, ATTEMPT, "schema", "tables")
    assert states(operation) == {
        "schema": "done", "tables": "running", "rights": "todo", "admin": "todo",
    }  # fmt: skip


def test_before_the_first_line_the_first_one_runs(draft: Client) -> None:
    operation = in_state(draft, OperationState.RUNNING, ATTEMPT)
    assert states(operation)["schema"] == "running"


def test_the_last_one_begun_is_the_one_that_failed(draft: Client) -> None:
    operation = in_state(draft, OperationState.FAILED, ATTEMPT, "schema", "tables")
    assert states(operation) == {
        "schema": "done", "tables": "failed", "rights": "todo", "admin": "todo",
    }  # fmt: skip


def test_an_earlier_attempt_counts_no_more(draft: Client) -> None:
    """What it did was undone."""
    operation = in_state(
        draft, OperationState.RUNNING, ATTEMPT, "schema", "tables", ATTEMPT, "schema"
    )
    assert states(operation)["schema"] == "running"
    assert states(operation)["tables"] == "todo"


def test_a_step_takes_until_the_next_one_or_the_end(draft: Client) -> None:
    operation = in_state(
        draft,
        OperationState.FAILED,
        ATTEMPT,
        "schema",
        "tables",
        finished_at=BEGAN + timedelta(seconds=9),
    )
    assert [step.seconds for step in steps_of(operation)] == [1, 7, None, None]


def test_a_real_one_passes_all_its_steps(draft: Client) -> None:
    operation = run_operation(request_operation(draft, CREATE, acting_user=None).pk)
    assert operation is not None
    assert set(states(operation).values()) == {"done"}
    assert all(step.seconds is not None for step in steps_of(operation))


def test_they_cost_one_query(draft: Client, django_assert_num_queries: Callable[..., Any]) -> None:
    operation = in_state(draft, OperationState.RUNNING, ATTEMPT, "schema", "tables")
    with django_assert_num_queries(1):
        steps_of(operation)
