"""What of a rollout has its turn when, and what stops it again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import models
from django.db.migrations import operations as ops
from procrastinate.contrib.django.models import ProcrastinateJob

from console.accounts.models import User
from tenants.models import Client, Operation, OperationKind, OperationState, Rollout, RolloutState
from tenants.operations import rollout as rollout_module
from tenants.operations.lifecycle import reactivate, suspend
from tenants.operations.refusals import RolloutNotShared
from tenants.operations.request import cancel_operation
from tenants.operations.rollout import Waves, request_rollout
from tenants.operations.share import Share, run_rollout
from tenants.operations.steering import go_on, pause
from tenants.schemas.migrate import missing_migrations
from tests.database import make_client
from tests.tenants.more_migrations import more_migrations
from tests.tenants.operating import CREATE, MIGRATE, TAKE, key_of, waiting_jobs


@pytest.fixture(autouse=True)
def newer(alpha: Client, beta: Client) -> Iterator[None]:
    with more_migrations(ops.AddField("label", "code", models.TextField(null=True))):
        yield


def ask(
    clients: list[Client],
    kind: OperationKind = MIGRATE,
    *,
    by: User | None = None,
    queued: bool = True,
    **waves: Any,
) -> Rollout:
    rollout = request_rollout(
        clients, kind, acting_user=by, waves=Waves(**waves), queued=queued
    ).rollout
    assert rollout is not None
    return rollout


def of(client: Client) -> Operation:
    return client.operations.get(kind=MIGRATE)


class TestReactivated:
    """What waited for a suspended client is begun when its rollout has come to it."""

    def test_in_a_rollout_that_is_paused_it_waits_with_the_others(
        self, alpha: Client, beta: Client, operator: User
    ) -> None:
        rollout = ask([alpha, beta], canaries=[alpha.pk], look_first=True)
        suspend(beta, acting_user=operator)
        pause(rollout, acting_user=operator)
        reactivate(beta, acting_user=operator)
        assert waiting_jobs(of(beta)) == 0
        run_rollout(rollout.pk)
        assert set(missing_migrations(["alpha", "beta"])) == {"alpha", "beta"}
        for _turn in ("the first one", "the others"):
            go_on(Rollout.objects.get(), acting_user=operator)
            run_rollout(rollout.pk)
        assert missing_migrations(["alpha", "beta"]) == {}

    def test_in_one_that_is_under_way_that_has_a_job(
        self, alpha: Client, beta: Client, operator: User
    ) -> None:
        rollout = ask([alpha, beta])
        suspend(beta, acting_user=operator)
        ProcrastinateJob.objects.all().delete()
        reactivate(beta, acting_user=operator)
        assert ProcrastinateJob.objects.filter(args={"rollout_id": rollout.pk}).count() == 1
        assert waiting_jobs(of(beta)) == 0


class TestTheFirstOnes:
    """What it says of them is of them alone, and true."""

    def test_none_of_which_was_done(self, alpha: Client, beta: Client) -> None:
        rollout = ask([alpha, beta], canaries=[alpha.pk], look_first=True)
        cancel_operation(of(alpha), acting_user=None)
        run_rollout(rollout.pk)
        assert "None of the first ones was done" in Rollout.objects.get().paused_because
        assert of(beta).state == OperationState.QUEUED

    def test_others_have_failed(self, alpha: Client, beta: Client) -> None:
        third = make_client("gamma")
        rollout = ask([alpha, beta, third], canaries=[alpha.pk], size=1, look_first=True)
        Operation.objects.filter(pk=of(beta).pk).update(state=OperationState.FAILED)
        run_rollout(rollout.pk)
        assert Rollout.objects.get().paused_because == "The first ones are done: look at them."


def test_what_an_attempt_said_is_not_left_beside_a_success(alpha: Client) -> None:
    rollout = ask([alpha])
    error = "The database did not answer in time. It will be tried again."
    Operation.objects.update(error=error, error_detail="OperationalError")
    run_rollout(rollout.pk)
    assert (of(alpha).state, of(alpha).error, of(alpha).error_detail) == ("succeeded", "", "")


def test_whoever_has_it_go_on_stands_in_for_one_who_may_not_any_more(
    alpha: Client, operator: User, staff_manager: User
) -> None:
    rollout = ask([alpha], by=operator)
    pause(rollout, acting_user=operator)
    User.objects.filter(pk=operator.pk).update(is_active=False)
    go_on(rollout, acting_user=staff_manager)
    run_rollout(rollout.pk)
    assert of(alpha).state == OperationState.SUCCEEDED
    assert Rollout.objects.get().requested_by == staff_manager


def test_otherwise_it_stays_whose_it_was(
    alpha: Client, operator: User, staff_manager: User
) -> None:
    rollout = ask([alpha], by=operator)
    pause(rollout, acting_user=operator)
    go_on(rollout, acting_user=staff_manager)
    assert Rollout.objects.get().requested_by == operator


class TestWhatIsNotPaused:
    """Where it would be said to be paused, and go on."""

    def test_creations_have_a_job_each(self, operator: User) -> None:
        rollout = ask([make_client("draft", ready=False)], CREATE)
        with pytest.raises(RolloutNotShared):
            pause(rollout, acting_user=operator)
        assert Rollout.objects.get().state == RolloutState.RUNNING

    def test_a_terminal_does_not_wait(self, alpha: Client, browser: Any, operator: User) -> None:
        rollout = ask([alpha], queued=False)
        for verb in (pause, go_on):
            with pytest.raises(RolloutNotShared):
                verb(rollout, acting_user=operator)
        page = browser.get(f"/tenants/rollout/{rollout.pk}/change/").content.decode()
        assert "steer/" not in page
        assert "Cancel" in page


def test_another_workers_count_of_the_attempts_stays(alpha: Client, second: Any) -> None:
    rollout = ask([alpha])
    read_before = of(alpha)
    Operation.objects.update(attempts=2)
    second.execute(TAKE, [key_of("alpha")])
    assert Share(rollout.pk)._one(read_before)
    assert of(alpha).attempts == 2


def test_there_are_no_more_waves_than_can_be_numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout_module, "WAVES_AT_MOST", 3)
    waves = Waves(size=1).of([Client(pk=number) for number in range(10)])
    assert sorted(waves.values()) == [1] * 4 + [2] * 4 + [3] * 2
