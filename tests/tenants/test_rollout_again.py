"""What is tried again goes back into its rollout, which carries it out, or holds it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import models
from django.db.migrations import operations as ops
from procrastinate.contrib.django.models import ProcrastinateJob

from console.accounts.models import User
from tenants.exceptions import NotAllowed
from tenants.models import Client, Operation, OperationState, Rollout, RolloutState
from tenants.operations.fleet import migrate_fleet
from tenants.operations.many import retry_failed
from tenants.operations.queue import enqueue
from tenants.operations.reconcile import reconcile
from tenants.operations.request import retry_operation
from tenants.operations.run import fail, run_operation
from tenants.operations.share import run_rollout
from tenants.operations.steering import go_on, pause
from tenants.schemas.migrate import known_migrations, missing_migrations
from tests.database import make_client
from tests.tenants.more_migrations import more_migrations
from tests.tenants.operating import CREATE, MIGRATE, spoil, waiting_jobs
from tests.tenants.test_rollout_turns import ask, of

NEWEST = ops.AddField("label", "newest", models.TextField(null=True))


@pytest.fixture(autouse=True)
def newer(alpha: Client, beta: Client) -> Iterator[None]:
    with more_migrations(ops.AddField("label", "code", models.TextField(null=True))):
        yield


def now() -> Rollout:
    return Rollout.objects.get()


def states() -> dict[str, str]:
    rows = now().operations.select_related("client").order_by("client__schema_name")
    return {row.client.schema_name: row.state for row in rows}


def shares() -> int:
    """Jobs of workers that share the rollout."""
    return ProcrastinateJob.objects.filter(task_name="tenants.run_rollout").count()


def forget_jobs() -> None:
    ProcrastinateJob.objects.all()._raw_delete(using="default")


def retry_many(operation: Operation, *, acting_user: User | None) -> None:
    retry_failed([operation], acting_user=acting_user)


@pytest.fixture
def failure(alpha: Client, beta: Client) -> Operation:
    """Of the first one of a rollout that somebody wanted to look at; its cause is mended."""
    spoil("alpha")
    rollout = ask([alpha, beta], canaries=[alpha.pk], look_first=True, abort_after=1)
    run_rollout(rollout.pk)
    spoil("alpha", undo=True)
    forget_jobs()
    return of(alpha)


class TestUnderWay:
    def test_it_is_shared_with_the_others(self, alpha: Client, beta: Client) -> None:
        rollout = ask([alpha, beta])
        fail(of(alpha), ValueError("no"))
        forget_jobs()
        retry_operation(of(alpha), acting_user=None)
        assert (shares(), waiting_jobs(of(alpha))) == (1, 0)
        run_rollout(rollout.pk)
        assert states() == {"alpha": "succeeded", "beta": "succeeded"}

    @pytest.mark.parametrize("verb", [retry_operation, retry_many])
    def test_a_failure_counts_again(
        self, alpha: Client, beta: Client, verb: Callable[..., Any]
    ) -> None:
        spoil("alpha")
        rollout = ask([alpha, beta], canaries=[alpha.pk], abort_after=1)
        run_rollout(rollout.pk)
        go_on(rollout, acting_user=None)
        verb(of(alpha), acting_user=None)
        run_rollout(rollout.pk)
        assert (now().state, now().wave) == (RolloutState.PAUSED, 0)
        assert of(beta).state == OperationState.QUEUED

    def test_what_is_forgiven_stays_so_if_it_is_left_alone(
        self, alpha: Client, beta: Client
    ) -> None:
        spoil("alpha")
        spoil("beta")
        rollout = ask([alpha, beta])
        run_rollout(rollout.pk)
        Rollout.objects.update(state=RolloutState.PAUSED)
        go_on(rollout, acting_user=None)
        retry_operation(of(alpha), acting_user=None)
        assert now().forgiven == 1

    def test_it_has_its_turn_at_once(self, alpha: Client, beta: Client) -> None:
        ask([alpha, beta])
        fail(of(alpha), ValueError("no"))
        Operation.objects.update(due_at="2100-01-01T00:00Z")
        retry_operation(of(alpha), acting_user=None)
        assert of(alpha).due_at is None

    def test_a_worker_of_older_code_leaves_it_to_others(self, alpha: Client) -> None:
        with more_migrations(NEWEST):
            rollout = ask([alpha])
            fail(of(alpha), ValueError("no"))
            retry_operation(of(alpha), acting_user=None)
        run_rollout(rollout.pk)
        assert of(alpha).state == OperationState.QUEUED
        with more_migrations(NEWEST):
            run_rollout(rollout.pk)
            assert missing_migrations(["alpha"]) == {}

    def test_asked_for_again_by_newer_code_it_is_left_to_that(self, alpha: Client) -> None:
        rollout = ask([alpha])
        fail(of(alpha), ValueError("no"))
        with more_migrations(NEWEST):
            retry_operation(of(alpha), acting_user=None)
            assert set(now().target.migrations) == known_migrations()
        run_rollout(rollout.pk)
        assert of(alpha).state == OperationState.QUEUED


class TestPaused:
    @pytest.mark.parametrize("verb", [retry_operation, retry_many])
    def test_it_waits_until_somebody_has_the_rollout_go_on(
        self, failure: Operation, verb: Callable[..., Any]
    ) -> None:
        verb(failure, acting_user=None)
        assert not ProcrastinateJob.objects.exists()
        run_rollout(now().pk)
        assert run_operation(failure.pk) is None
        assert states() == {"alpha": "queued", "beta": "queued"}
        assert now().state == RolloutState.PAUSED

    def test_nobody_gives_it_a_job_meanwhile(self, failure: Operation) -> None:
        retry_operation(failure, acting_user=None)
        Operation.objects.update(created_at="2020-01-01T00:00Z")
        assert reconcile() == 0
        assert not ProcrastinateJob.objects.exists()

    def test_a_job_that_it_had_leaves_it_alone(self, failure: Operation) -> None:
        retry_operation(failure, acting_user=None)
        enqueue(failure)
        assert run_operation(failure.pk) is None
        assert states()["alpha"] == "queued"

    def test_it_comes_first_then_and_is_looked_at_as_at_first(self, failure: Operation) -> None:
        retry_operation(failure, acting_user=None)
        go_on(now(), acting_user=None)
        run_rollout(now().pk)
        assert states() == {"alpha": "succeeded", "beta": "queued"}
        assert (now().state, now().wave) == (RolloutState.PAUSED, 1)
        assert "first ones are done" in now().paused_because
        go_on(now(), acting_user=None)
        run_rollout(now().pk)
        assert states() == {"alpha": "succeeded", "beta": "succeeded"}

    def test_another_failure_of_it_keeps_the_others_waiting(
        self, alpha: Client, beta: Client
    ) -> None:
        spoil("alpha")
        rollout = ask([alpha, beta], canaries=[alpha.pk], abort_after=1)
        run_rollout(rollout.pk)
        retry_operation(of(alpha), acting_user=None)
        go_on(now(), acting_user=None)
        run_rollout(rollout.pk)
        assert states() == {"alpha": "failed", "beta": "queued"}
        assert now().paused_because == "1 operation has failed."

    def test_its_page_says_what_it_waits_for(self, browser: Any, failure: Operation) -> None:
        page = f"/tenants/operation/{failure.pk}/change/"
        assert "Its rollout is paused" not in browser.get(page).content.decode()
        retry_operation(failure, acting_user=None)
        assert "Its rollout is paused" in browser.get(page).content.decode()
        go_on(now(), acting_user=None)
        assert "Its rollout is paused" not in browser.get(page).content.decode()


class TestOver:
    @pytest.fixture
    def over(self, alpha: Client, beta: Client) -> Operation:
        spoil("alpha")
        rollout = ask([alpha, beta])
        run_rollout(rollout.pk)
        assert now().is_over
        forget_jobs()
        return of(alpha)

    @pytest.mark.parametrize("verb", [retry_operation, retry_many])
    def test_the_rollout_is_under_way_again_until_it_is_done(
        self, over: Operation, verb: Callable[..., Any]
    ) -> None:
        verb(over, acting_user=None)
        assert (now().state, shares()) == (RolloutState.RUNNING, 1)
        assert waiting_jobs(over) == 0
        spoil("alpha", undo=True)
        run_rollout(now().pk)
        assert states() == {"alpha": "succeeded", "beta": "succeeded"}
        assert now().is_over

    def test_it_can_be_paused_again(self, over: Operation, operator: User) -> None:
        spoil("alpha", undo=True)
        retry_operation(over, acting_user=operator)
        pause(now(), acting_user=operator)
        run_rollout(now().pk)
        assert states()["alpha"] == "queued"

    def test_by_those_who_may(self, over: Operation, viewer: User) -> None:
        for verb in (retry_operation, retry_many):
            with pytest.raises(NotAllowed):
                verb(over, acting_user=viewer)
        assert now().is_over

    def test_of_somebody_who_may_not_any_more_it_is_theirs_who_try_again(
        self, alpha: Client, beta: Client, operator: User, staff_manager: User
    ) -> None:
        """All of it has failed, and has its waves again."""
        rollout = ask([alpha, beta], by=operator, canaries=[beta.pk], look_first=True)
        User.objects.filter(pk=operator.pk).update(is_active=False)
        run_rollout(rollout.pk)
        assert states() == {"alpha": "failed", "beta": "failed"}
        retry_failed(rollout.operations.all(), acting_user=staff_manager)
        assert now().requested_by == staff_manager
        run_rollout(rollout.pk)
        assert states() == {"alpha": "queued", "beta": "succeeded"}

    def test_creations_have_a_job_each(self, db: None) -> None:
        draft = make_client("draft", ready=False)
        ask([draft], CREATE)
        operation = draft.operations.get()
        fail(operation, ValueError("no"))
        Rollout.objects.update(state=RolloutState.OVER)
        forget_jobs()
        retry_operation(operation, acting_user=None)
        assert (waiting_jobs(operation), shares()) == (1, 0)
        assert now().state == RolloutState.RUNNING


class TestInATerminal:
    """A run of `migrate_schemas` is a rollout that no worker takes."""

    def test_what_is_tried_again_meanwhile_is_done_with_the_rest(
        self, alpha: Client, beta: Client
    ) -> None:
        spoil("alpha")

        def watch(outcome: Any, fleet: Any) -> None:
            if outcome.error:
                spoil("alpha", undo=True)
                retry_operation(of(alpha), acting_user=None)

        fleet = migrate_fleet(acting_user=None, watch=watch)
        assert (fleet.done, fleet.failed, fleet.left) == (2, 1, 0)
        assert now().is_over

    def test_a_worker_does_that_alone(self, alpha: Client, beta: Client) -> None:
        rollout = ask([alpha, beta], queued=False)
        fail(of(alpha), ValueError("no"))
        retry_operation(of(alpha), acting_user=None)
        run_rollout(rollout.pk)
        assert states() == {"alpha": "succeeded", "beta": "queued"}

    def test_its_end_leaves_it_to_a_worker(
        self, alpha: Client, beta: Client, operator: User
    ) -> None:
        spoil("alpha")

        def watch(outcome: Any, fleet: Any) -> None:
            spoil("alpha", undo=True)
            Rollout.objects.update(state=RolloutState.PAUSED)
            retry_operation(of(alpha), acting_user=operator)

        fleet = migrate_fleet(acting_user=None, watch=watch)
        assert (fleet.failed, fleet.left) == (1, 1)
        assert states() == {"alpha": "queued", "beta": "cancelled"}
        go_on(now(), acting_user=operator)
        run_rollout(now().pk)
        assert states() == {"alpha": "succeeded", "beta": "cancelled"}


def test_what_is_in_no_rollout_has_a_job(alpha: Client) -> None:
    operation = Operation.objects.create(client=alpha, kind=MIGRATE, state=OperationState.FAILED)
    retry_operation(operation, acting_user=None)
    assert waiting_jobs(operation) == 1
