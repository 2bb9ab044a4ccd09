"""`manage.py rollout`: said beforehand, started, followed, paused, gone on with, ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, models
from django.db.migrations import operations as ops
from django.utils import timezone

from tenants.management import rollouts
from tenants.management.rollouts import state_of
from tenants.models import Client, OperationState, Plan, Rollout, RolloutState
from tenants.operations import steering
from tenants.operations.lifecycle import archive
from tenants.operations.share import run_rollout
from tenants.schemas.migrate import missing_migrations
from tests.tenants.more_migrations import more_migrations
from tests.tenants.operating import spoil


class _StillFollowedError(Exception):
    """The terminal waits to look again."""


COLUMN = ops.AddField("label", "code", models.TextField(null=True, db_index=True))


@pytest.fixture(autouse=True)
def newer(alpha: Client, beta: Client) -> Iterator[None]:
    with more_migrations(COLUMN):
        yield


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the terminal waits, the worker works."""

    def work(seconds: float) -> None:
        run_rollout(Rollout.objects.get().pk)

    monkeypatch.setattr(rollouts.time, "sleep", work)


def run(*args: str) -> str:
    out = StringIO()
    call_command("rollout", *args, stdout=out, stderr=out)
    return out.getvalue()


def states() -> dict[str, str]:
    rows = Rollout.objects.get().operations.select_related("client")
    return {row.client.schema_name: row.state for row in rows}


class TestPlan:
    def test_says_what_would_be_done_and_does_nothing(self) -> None:
        text = run("plan")
        assert "2 schemas lack 1 migration: alpha, beta" in text
        assert 'ALTER TABLE "tenant_data_label" ADD COLUMN "code" text NULL;' in text
        assert "Nobody can write to the table" in text
        assert not Rollout.objects.exists()
        assert set(missing_migrations(["alpha", "beta"])) == {"alpha", "beta"}

    def test_of_some(self, alpha: Client) -> None:
        Client.objects.filter(pk=alpha.pk).update(tags=["early"])
        assert "1 schema lacks 1 migration: beta" in run("plan", "beta")
        assert "1 schema lacks 1 migration: alpha" in run("plan", "--tag", "early")
        assert "2 schemas" in run("plan", "--plan", "team")

    def test_of_none_that_there_is(self) -> None:
        with pytest.raises(CommandError, match="No client in use has such a schema: gamma"):
            run("plan", "gamma")

    @pytest.mark.parametrize(
        "options", [("alpha", "--tag", "none"), ("--tag", "none"), ("--plan", "unused")]
    )
    def test_of_clients_of_which_there_is_none(self, options: tuple[str, ...]) -> None:
        Plan.objects.create(code="unused", name="Unused")
        with pytest.raises(CommandError, match="No client in use with a schema is meant"):
            run("plan", *options)

    def test_of_a_plan_that_nobody_made(self) -> None:
        with pytest.raises(CommandError, match="There is no plan with the code none"):
            run("plan", "--plan", "none")


class TestStart:
    def test_is_followed_to_its_end(self, worker: None) -> None:
        text = run("start")
        assert "1 under way" not in text
        assert "over, wave 1: 2 done." in text.lower()
        assert missing_migrations(["alpha", "beta"]) == {}

    def test_says_how_fast_it_goes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The terminal comes to look when the first of two is done."""

        def work(seconds: float) -> None:
            rollout = Rollout.objects.get()
            if "succeeded" in states().values():
                run_rollout(rollout.pk)
            else:
                rollout.operations.filter(pk=rollout.operations.earliest("pk").pk).update(
                    state=OperationState.SUCCEEDED
                )

        monkeypatch.setattr(rollouts.time, "sleep", work)
        text = run("start")
        assert re.search(r"1 waiting, 1 done\. \d+\.\d a second, about \d+ s left\.", text), text

    def test_stops_after_the_first_ones(self, worker: None) -> None:
        text = run("start", "--first", "beta", "--look-first")
        assert "Paused (The first ones are done:" in text
        assert states() == {"alpha": "queued", "beta": "succeeded"}
        run("go-on", str(Rollout.objects.get().pk))
        assert "Over" in run("watch", str(Rollout.objects.get().pk))
        assert states()["alpha"] == "succeeded"

    def test_a_failure_is_shown_and_is_the_exit_status(self, worker: None) -> None:
        spoil("alpha")
        out = StringIO()
        with pytest.raises(CommandError, match="1 failed"):
            call_command("rollout", "start", "--abort-after", "1", stdout=out, stderr=out)
        assert "already exists" in out.getvalue()
        assert "tenant_data.9001_more" in out.getvalue()
        spoil("alpha", undo=True)
        text = run("retry", str(Rollout.objects.get().pk))
        assert "failed" not in text.split(":")[-1]
        assert OperationState.FAILED not in states().values()

    def test_what_is_tried_again_after_its_end_is_followed(self, worker: None) -> None:
        spoil("alpha")
        with pytest.raises(CommandError, match="1 failed"):
            run("start")
        spoil("alpha", undo=True)
        rollout = Rollout.objects.get()
        assert "Under way" in run("retry", str(rollout.pk))
        assert "Over, wave 1: 2 done." in run("watch", str(rollout.pk))

    def test_what_is_tried_again_in_a_pause_waits(self, worker: None) -> None:
        spoil("alpha")
        with pytest.raises(CommandError, match=r"1 failed\. Mend them.* retry \d+ and go-on \d+"):
            run("start", "--first", "alpha", "--look-first")
        spoil("alpha", undo=True)
        number = str(Rollout.objects.get().pk)
        assert "Paused" in run("retry", number)
        assert "Paused" in run("watch", number)
        assert states() == {"alpha": "queued", "beta": "queued"}
        run("go-on", number)
        assert "Paused (The first ones are done" in run("watch", number)
        assert states() == {"alpha": "succeeded", "beta": "queued"}

    def test_what_somebody_cancels_is_the_exit_status_too(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def end(seconds: float) -> None:
            steering.end(Rollout.objects.get(), acting_user=None)

        monkeypatch.setattr(rollouts.time, "sleep", end)
        with pytest.raises(CommandError, match="2 cancelled"):
            run("start")

    def test_one_that_is_being_ended_at_that_moment_is_followed_to_its_end(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is paused while the clients' rows are waited for."""
        run("start", "--no-wait")
        rollout = Rollout.objects.get()
        looks: list[str] = []
        cancel = steering.cancel_waiting

        def look(seconds: float) -> None:
            looks.append(state_of(rollout))
            raise _StillFollowedError

        def cancel_later(*args: Any, **kwargs: Any) -> Any:
            with pytest.raises(_StillFollowedError):
                run("watch", str(rollout.pk))
            return cancel(*args, **kwargs)

        monkeypatch.setattr(rollouts.time, "sleep", look)
        monkeypatch.setattr(steering, "cancel_waiting", cancel_later)
        steering.end(rollout, acting_user=None)
        assert "Paused" in looks[0]
        with pytest.raises(CommandError, match="2 cancelled"):
            run("watch", str(rollout.pk))

    def test_a_database_that_goes_away_is_one_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def gone(seconds: float) -> None:
            raise OperationalError("the connection is lost")

        monkeypatch.setattr(rollouts.time, "sleep", gone)
        with pytest.raises(CommandError, match="The database went away"):
            run("start")

    def test_of_the_first_ones_it_says_how_many_failed(self, worker: None) -> None:
        spoil("beta")
        with pytest.raises(CommandError, match="1 failed"):
            run("start", "--first", "beta", "--look-first")
        assert Rollout.objects.get().paused_because.startswith("Of the first ones 1 has failed")

    def test_can_be_left_alone(self) -> None:
        assert ": 2 schemas." in run("start", "--no-wait", "--canaries", "1", "--wave", "1")
        assert set(states().values()) == {"queued"}

    def test_of_names_that_are_not_in_it(self) -> None:
        with pytest.raises(CommandError, match="Not among the schemas of this rollout: gamma"):
            run("start", "--first", "gamma")
        assert not Rollout.objects.exists()

    @pytest.mark.parametrize(
        "options",
        [
            ("--look-first",),
            ("--look-first", "--first", ", ,"),
            ("--canaries", "1", "--first", "alpha"),
        ],
        ids=["look at nobody", "look at commas", "two kinds of first ones"],
    )
    def test_what_makes_no_sense_is_refused(self, options: tuple[str, ...]) -> None:
        with pytest.raises(CommandError, match="--canaries or --first"):
            run("start", *options)
        assert not Rollout.objects.exists()

    @pytest.mark.parametrize("number", ["0", "-1", "x", "1" * 12])
    def test_a_number_is_one(self, number: str) -> None:
        with pytest.raises(CommandError):
            run("start", "--wave", number)


class TestSteering:
    def test_pause_go_on_and_end(self) -> None:
        run("start", "--no-wait")
        number = str(Rollout.objects.get().pk)
        assert "Paused by a terminal" in run("pause", number) or "Paused" in run("show", number)
        assert "Under way" in run("go-on", number)
        assert "2 cancelled" in run("end", number)
        assert Rollout.objects.get().state == RolloutState.OVER
        with pytest.raises(CommandError, match="is not under way"):
            run("end", number)

    def test_what_cannot_be_tried_again_is_named(self, worker: None, beta: Client) -> None:
        for name in ("alpha", "beta"):
            spoil(name)
        with pytest.raises(CommandError, match="2 failed"):
            run("start")
        archive(beta, removal_on=timezone.localdate(), acting_user=None)
        out = StringIO()
        with pytest.raises(CommandError, match=r"1 left out, as said above\."):
            call_command("rollout", "retry", str(Rollout.objects.get().pk), stdout=out, stderr=out)
        assert re.search(r"^beta: .*archived", out.getvalue(), re.M), out.getvalue()
        assert states() == {"alpha": "queued", "beta": "failed"}

    def test_of_none_that_there_is(self) -> None:
        with pytest.raises(CommandError, match="There is no rollout 9"):
            run("pause", "9")
