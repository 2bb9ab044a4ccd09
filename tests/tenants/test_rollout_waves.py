"""A rollout goes from its canaries to wave after wave, and stops where somebody should look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import models
from django.db.migrations import operations as ops
from procrastinate.contrib.django.models import ProcrastinateJob

from console.accounts.models import User
from tenants.exceptions import NotAllowed, RolloutNotPaused, RolloutNotRunning
from tenants.models import Client, Operation, OperationState, Rollout, RolloutState
from tenants.operations import share
from tenants.operations.lifecycle import reactivate, suspend
from tenants.operations.many import retry_failed
from tenants.operations.reconcile import reconcile
from tenants.operations.rollout import Waves, request_rollout
from tenants.operations.run import run_operation
from tenants.operations.share import Share, run_rollout
from tenants.operations.steering import end, go_on, pause
from tenants.operations.waves import advance
from tenants.schemas.migrate import missing_migrations
from tests.database import make_client
from tests.tenants.more_migrations import more_migrations
from tests.tenants.operating import MIGRATE, TAKE, key_of, spoil, waiting_jobs

COLUMN = ops.AddField("label", "code", models.TextField(null=True, db_index=True))


@pytest.fixture
def four(alpha: Client, beta: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Client]]:
    """Four clients whose schemas lack one migration; they have their turns in this order."""
    clients = [alpha, beta, make_client("gamma"), make_client("delta")]
    monkeypatch.setattr("random.shuffle", lambda rows: None)
    monkeypatch.setattr(share, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(share, "PATIENCE", "50ms")
    with more_migrations(COLUMN):
        yield clients


def ask(clients: list[Client], user: User | None = None, **waves: object) -> Rollout:
    rollout = request_rollout(clients, MIGRATE, acting_user=user, waves=Waves(**waves)).rollout
    assert rollout is not None
    return rollout


def states(rollout: Rollout) -> dict[str, str]:
    rows = rollout.operations.order_by("pk").select_related("client")
    return {row.client.schema_name: row.state for row in rows}


def done(rollout: Rollout) -> set[str]:
    return {name for name, state in states(rollout).items() if state == OperationState.SUCCEEDED}


def now(rollout: Rollout) -> Rollout:
    return Rollout.objects.get(pk=rollout.pk)


class TestInWhatOrder:
    def test_all_at_once_unless_it_is_said(self, four: list[Client]) -> None:
        rollout = ask(four)
        run_rollout(rollout.pk)
        assert done(rollout) == {"alpha", "beta", "gamma", "delta"}
        assert now(rollout).state == RolloutState.OVER
        assert missing_migrations(client.schema_name for client in four) == {}

    def test_the_canaries_first_then_waves_of_a_size(self, four: list[Client]) -> None:
        rollout = ask(four, canaries=[four[2].pk], size=2)
        waves = dict(rollout.operations.values_list("client__schema_name", "wave"))
        assert waves == {"gamma": 0, "alpha": 1, "beta": 1, "delta": 2}

    def test_so_many_canaries_by_chance(self, four: list[Client]) -> None:
        rollout = ask(four, canaries=3)
        assert rollout.operations.filter(wave=0).count() == 3
        assert rollout.operations.filter(wave=1).count() == 1

    def test_a_wave_begins_when_the_last_one_is_over(
        self, four: list[Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rollout = ask(four, canaries=[four[3].pk], size=2)
        order = []
        Share(rollout.pk, over=lambda one: order.append(one.client.schema_name)).work()
        assert order == ["delta", "alpha", "beta", "gamma"]

    def test_it_stops_after_the_canaries_where_somebody_wants_to_look(
        self, four: list[Client], operator: User
    ) -> None:
        rollout = ask(four, operator, canaries=[four[0].pk], look_first=True)
        run_rollout(rollout.pk)
        rollout = now(rollout)
        assert done(rollout) == {"alpha"}
        assert (rollout.state, rollout.wave) == (RolloutState.PAUSED, 1)
        assert "first ones are done" in rollout.paused_because
        go_on(rollout, acting_user=operator)
        run_rollout(rollout.pk)
        assert len(done(rollout)) == 4


class TestWhatFails:
    def test_stops_nobody_below_the_threshold(self, four: list[Client]) -> None:
        spoil("alpha")
        rollout = ask(four, abort_after=2)
        run_rollout(rollout.pk)
        assert done(rollout) == {"beta", "gamma", "delta"}
        assert now(rollout).state == RolloutState.OVER

    def test_stops_the_rollout_at_it_and_leaves_the_others_waiting(
        self, four: list[Client]
    ) -> None:
        spoil("alpha")
        rollout = ask(four, abort_after=1)
        run_rollout(rollout.pk)
        assert states(rollout) == {
            "alpha": "failed",
            "beta": "queued",
            "gamma": "queued",
            "delta": "queued",
        }
        rollout = now(rollout)
        assert rollout.state == RolloutState.PAUSED
        assert rollout.paused_because == "1 operation has failed."

    def test_what_has_failed_does_not_stop_it_again(
        self, four: list[Client], operator: User
    ) -> None:
        spoil("alpha")
        spoil("gamma")
        rollout = ask(four, operator, abort_after=1)
        run_rollout(rollout.pk)
        go_on(now(rollout), acting_user=operator)
        run_rollout(rollout.pk)
        assert states(rollout)["gamma"] == "failed"
        assert done(rollout) == {"beta"}
        go_on(now(rollout), acting_user=operator)
        run_rollout(rollout.pk)
        assert done(rollout) == {"beta", "delta"}

    def test_is_tried_again_when_it_is_mended(self, four: list[Client], operator: User) -> None:
        spoil("alpha")
        rollout = ask(four, operator)
        run_rollout(rollout.pk)
        spoil("alpha", undo=True)
        failures = rollout.operations.filter(state=OperationState.FAILED)
        assert len(retry_failed(failures, acting_user=operator).operations) == 1
        run_rollout(rollout.pk)
        assert len(done(rollout)) == 4

    def test_whoever_may_not_any_more_starts_nothing(
        self, four: list[Client], operator: User
    ) -> None:
        rollout = ask(four, operator)
        User.objects.filter(pk=operator.pk).update(is_active=False)
        run_rollout(rollout.pk)
        assert set(states(rollout).values()) == {"failed"}
        assert now(rollout).state == RolloutState.OVER
        assert len(missing_migrations(client.schema_name for client in four)) == 4


class TestSteering:
    def test_paused_it_begins_nothing(self, four: list[Client], operator: User) -> None:
        rollout = ask(four, operator)
        pause(rollout, acting_user=operator)
        run_rollout(rollout.pk)
        assert done(rollout) == set()
        assert now(rollout).paused_because == f"Paused by {operator.email}."

    def test_paused_in_the_middle_it_does_what_it_has_begun(
        self, four: list[Client], operator: User
    ) -> None:
        rollout = ask(four, operator)
        Share(rollout.pk, over=lambda one: pause(rollout, acting_user=operator)).work()
        assert done(rollout) == {"alpha"}

    def test_gone_on_with_it_has_jobs_again(self, four: list[Client], operator: User) -> None:
        rollout = ask(four, operator)
        ProcrastinateJob.objects.all().delete()
        pause(rollout, acting_user=operator)
        go_on(rollout, acting_user=operator)
        assert ProcrastinateJob.objects.filter(args={"rollout_id": rollout.pk}).count() == 1

    def test_ended_it_cancels_what_waits_in_all_waves(
        self, four: list[Client], operator: User
    ) -> None:
        rollout = ask(four, operator, canaries=[four[0].pk], size=1, look_first=True)
        run_rollout(rollout.pk)
        result = end(rollout, acting_user=operator)
        assert len(result.operations) == 3
        assert sorted(states(rollout).values()) == ["cancelled"] * 3 + ["succeeded"]
        assert now(rollout).state == RolloutState.OVER
        with pytest.raises(RolloutNotRunning):
            end(rollout, acting_user=operator)

    def test_only_by_those_who_may(self, four: list[Client], operator: User, viewer: User) -> None:
        rollout = ask(four, operator)
        for verb in (pause, end):
            with pytest.raises(NotAllowed):
                verb(rollout, acting_user=viewer)
        pause(rollout, acting_user=operator)
        with pytest.raises(NotAllowed):
            go_on(rollout, acting_user=viewer)
        assert now(rollout).state == RolloutState.PAUSED

    def test_only_what_can_be(self, four: list[Client], operator: User) -> None:
        rollout = ask(four, operator)
        with pytest.raises(RolloutNotPaused):
            go_on(rollout, acting_user=operator)
        pause(rollout, acting_user=operator)
        with pytest.raises(RolloutNotRunning):
            pause(rollout, acting_user=operator)


class TestBesideOthers:
    def test_a_schema_on_which_another_works_is_left_to_it(
        self, four: list[Client], second: object
    ) -> None:
        rollout = ask(four)
        second.execute(TAKE, [key_of("alpha")])  # type: ignore[attr-defined]
        assert Share(rollout.pk).work(seconds=2)
        assert done(rollout) == {"beta", "gamma", "delta"}
        operation = Operation.objects.get(rollout=rollout, client=four[0])
        assert (operation.state, operation.attempts) == (OperationState.QUEUED, 0)

    def test_a_table_that_stays_in_use_is_a_failure_in_the_end(
        self, four: list[Client], second: object
    ) -> None:
        rollout = ask(four)
        second.execute(  # type: ignore[attr-defined]
            "LOCK TABLE alpha.tenant_data_label IN ACCESS SHARE MODE"
        )
        run_rollout(rollout.pk)
        operation = Operation.objects.get(rollout=rollout, client=four[0])
        assert (operation.state, operation.attempts) == (OperationState.FAILED, 3)
        assert len(done(rollout)) == 3

    def test_a_suspended_client_keeps_nobody_waiting_and_goes_on_later(
        self, four: list[Client], operator: User
    ) -> None:
        rollout = ask(four, canaries=[four[0].pk])
        suspend(four[0], acting_user=operator)
        run_rollout(rollout.pk)
        assert done(rollout) == {"beta", "gamma", "delta"}
        assert states(rollout)["alpha"] == "queued"
        reactivate(four[0], acting_user=operator)
        operation = Operation.objects.get(rollout=rollout, client=four[0])
        assert waiting_jobs(operation) == 1
        run_operation(operation.pk)
        assert missing_migrations(["alpha"]) == {}

    def test_a_client_is_in_one_rollout_at_a_time(self, four: list[Client]) -> None:
        ask(four[:2])
        second = request_rollout(four, MIGRATE, acting_user=None)
        assert {str(client) for client, _why in second.refused} == {"Alpha", "Beta"}
        assert {row.client.schema_name for row in second.operations} == {"gamma", "delta"}

    def test_a_worker_of_older_code_leaves_it_to_others(self, four: list[Client]) -> None:
        """A deployment in the middle: pages have the new code, a worker has not yet."""
        with more_migrations(ops.AddField("label", "more", models.TextField(null=True))):
            rollout = ask(four)
        run_rollout(rollout.pk)
        assert set(states(rollout).values()) == {"queued"}
        with more_migrations(ops.AddField("label", "more", models.TextField(null=True))):
            run_rollout(rollout.pk)
        assert len(done(rollout)) == 4

    def test_a_worker_of_newer_code_brings_schemas_to_that(self, four: list[Client]) -> None:
        rollout = ask(four)
        with more_migrations(ops.AddField("label", "more", models.TextField(null=True))):
            run_rollout(rollout.pk)
            assert missing_migrations(client.schema_name for client in four) == {}
        assert len(done(rollout)) == 4

    def test_what_has_no_job_is_given_one(self, four: list[Client]) -> None:
        rollout = ask(four)
        ProcrastinateJob.objects.all().delete()
        Operation.objects.update(created_at="2020-01-01T00:00Z")
        reconcile()
        jobs = ProcrastinateJob.objects.filter(status="todo")
        assert [job.args for job in jobs] == [{"rollout_id": rollout.pk}]
        reconcile()
        assert jobs.count() == 1

    def test_one_of_a_terminal_is_not_given_any(self, four: list[Client]) -> None:
        request_rollout(four, MIGRATE, acting_user=None, queued=False)
        reconcile()
        assert not ProcrastinateJob.objects.exists()

    def test_one_of_which_nothing_is_left_is_closed(self, four: list[Client]) -> None:
        rollout = ask(four)
        rollout.operations.update(state=OperationState.CANCELLED)
        reconcile()
        assert now(rollout).state == RolloutState.OVER
        assert advance(rollout.pk) is None
