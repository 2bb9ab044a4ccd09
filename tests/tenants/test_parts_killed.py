"""kill -9 while an index is built: what was applied is written down, and the next attempt mends
the rest, without a hand in the database."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest

from tenants.models import STAYS, Client, OperationState, Rollout
from tenants.operations.progress import log
from tenants.operations.reconcile import reconcile
from tenants.operations.request import request_operation
from tenants.operations.rollout import request_rollout
from tenants.operations.run import TryAgain, run_operation
from tenants.operations.share import run_rollout
from tenants.schemas.locks import held_among
from tests.processes import database, until
from tests.tenants.more_migrations import more_migrations
from tests.tenants.operating import MIGRATE, in_state
from tests.tenants.parts import (
    IS_WAITING,
    NAMES,
    THREE,
    index_of,
    lacks,
    lines,
    of,
    scene,
    somebody_reads,
    take,
    until_it_waits,
)
from tests.tenants.workers import Workers

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def them(django_db_blocker: Any) -> Iterator[Workers]:
    with django_db_blocker.unblock(), scene(6) as them:
        yield them


@pytest.fixture
def client(them: Workers) -> Iterator[Client]:
    (client,) = take()
    with more_migrations(*THREE, each=True, alone=[1]):
        yield client


def start(client: Client) -> Rollout:
    rollout = request_rollout([client], MIGRATE, acting_user=None).rollout
    assert rollout is not None
    return rollout


def end_the_backend(them: Workers) -> None:
    """As PostgreSQL ends it where the server stops, or an administrator has enough."""
    with database(them) as other:
        until_it_waits(other)
        other.execute(IS_WAITING.replace("SELECT", "SELECT pg_terminate_backend(pid)", 1))


def is_free(client: Client) -> bool:
    return not held_among([client.schema_name])


@pytest.mark.parametrize("backend_too", [False, True], ids=["the process", "its backend too"])
def test_the_next_attempt_goes_on(them: Workers, client: Client, backend_too: bool) -> None:
    rollout = start(client)
    with database(them) as other, somebody_reads(them) as reader:
        them.start("-m", "tests.tenants.parts_manage", "worker")
        until_it_waits(other)
        them.kill()
        # What is so, at this moment: the first part is there, and the row says it.
        assert lacks(client) == NAMES[1:]
        assert of(client).state == OperationState.QUEUED
        assert NAMES[1] in lines(of(client))[-1]
        found = index_of(client)
        assert found is not None
        assert not found[1], "it is not finished"
        assert not is_free(client), "PostgreSQL still builds it, whoever asked"
        if backend_too:
            end_the_backend(them)
        else:
            reader.execute("ROLLBACK")
        until(lambda: is_free(client), what="the dead one's backend is gone")
    left = index_of(client)
    assert left is not None
    assert left[1] is not backend_too, "PostgreSQL has finished it unless it was ended"
    assert lacks(client) == NAMES[1:], "it is not written down"
    run_rollout(rollout.pk)
    assert lacks(client) == []
    assert of(client).state == OperationState.SUCCEEDED
    found = index_of(client)
    assert found is not None
    assert found[1]
    assert (found == left) is not backend_too, "what is finished is not built twice"


def test_a_worker_does_it_by_itself(them: Workers, client: Client) -> None:
    """Nothing of its own keeps the index waiting: it waits for every transaction that is open."""
    start(client)
    them.start("-m", "tests.tenants.parts_manage", "worker")
    try:
        until(lambda: of(client).state == OperationState.SUCCEEDED, what="the worker has done it")
    finally:
        them.kill()
    assert lacks(client) == []
    found = index_of(client)
    assert found is not None
    assert found[1]


def test_a_single_operation_whose_connection_was_lost_is_tried_again(
    them: Workers, client: Client
) -> None:
    operation = request_operation(client, MIGRATE, acting_user=None)
    with somebody_reads(them):
        thread = Thread(target=end_the_backend, args=[them])
        thread.start()
        with pytest.raises(TryAgain):
            run_operation(operation.pk)
        thread.join()
    assert lacks(client) == NAMES[1:]
    found = index_of(client)
    assert found is not None
    assert not found[1]
    run_operation(operation.pk)
    assert lacks(client) == []
    found = index_of(client)
    assert found is not None
    assert found[1]


@pytest.mark.parametrize(
    ("attempts", "state"), [(1, OperationState.QUEUED), (3, OperationState.FAILED)]
)
def test_a_single_operation_says_what_stays(
    them: Workers, client: Client, attempts: int, state: OperationState
) -> None:
    operation = in_state(client, OperationState.RUNNING, MIGRATE, attempts=attempts)
    log(operation, f"Applied 1 migration: {NAMES[0]}.", step=STAYS)
    assert reconcile() == 1
    operation.refresh_from_db()
    assert operation.state == state
    line = lines(operation)[-1]
    assert "What its log says was applied stays" in line
    assert "half done" not in line
