"""All schemas are brought up to date, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import operations as ops
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from console.accounts.models import User
from console.postgres.contexts import owner_rights
from tenants.exceptions import NotAllowed
from tenants.models import Client, Operation, OperationState, Rollout, SchemaVersion
from tenants.operations import share as share_module
from tenants.operations.fleet import Outcome, migrate_fleet
from tenants.operations.lifecycle import archive, suspend
from tenants.operations.reconcile import reconcile
from tenants.operations.request import cancel_operation, request_operation
from tenants.operations.rollout import request_rollout
from tenants.operations.versions import behind, is_behind
from tenants.schemas.migrate import missing_migrations
from tests.tenants.more_migrations import more_migrations
from tests.tenants.operating import MIGRATE, TAKE, key_of, make_behind, spoil

pytestmark = pytest.mark.usefixtures("alpha")

LABEL = "tenant_data_label"
COLUMN = ops.AddField("label", "code", models.TextField(null=True, db_index=True))


@pytest.fixture
def newer() -> Iterator[None]:
    """The code has one more migration, which no schema has."""
    with more_migrations(COLUMN):
        yield


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is busy has its next turn without a pause."""
    monkeypatch.setattr(share_module, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(share_module, "PATIENCE", "50ms")


def run(**options: Any) -> tuple[dict[str, Outcome], Any]:
    """What became of each schema, and of all."""
    outcomes: dict[str, Outcome] = {}

    def watch(outcome: Outcome, fleet: Any) -> None:
        outcomes[outcome.client.schema_name] = outcome

    fleet = migrate_fleet(acting_user=None, watch=watch, **options)
    assert connection.schema_name == "public"
    return outcomes, fleet


class TestNothingToDo:
    def test_takes_two_queries_however_many_there_are(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            _outcomes, fleet = run()
        assert (fleet.total, fleet.behind, fleet.failed) == (2, 0, 0)
        assert len(queries) == 2
        assert not Rollout.objects.exists()

    def test_a_schema_whose_version_is_not_known_is_looked_at(self, alpha: Client) -> None:
        Client.objects.filter(pk=alpha.pk).update(schema_version=None)
        _outcomes, fleet = run()
        assert (fleet.behind, fleet.done) == (1, 1)
        alpha.refresh_from_db()
        assert alpha.schema_version is not None
        assert "nothing to do" in alpha.operations.first().events.last().message

    def test_a_schema_of_newer_code_is_not_behind(self, alpha: Client) -> None:
        migrations = [*alpha.schema_version.migrations, "tenant_data.9999_newer"]
        Client.objects.filter(pk=alpha.pk).update(
            schema_version=SchemaVersion.objects.of(migrations)
        )
        assert not behind(Client.objects.provisioned()).exists()

    def test_what_the_rows_say_is_believed_unless_it_is_to_be_verified(self, alpha: Client) -> None:
        version = alpha.schema_version
        make_behind("alpha")  # As if it had been restored from an old backup.
        Client.objects.filter(pk=alpha.pk).update(schema_version=version)
        assert run()[1].behind == 0
        outcomes, fleet = run(verify=True)
        assert (fleet.behind, fleet.done, set(outcomes)) == (1, 1, {"alpha"})
        assert missing_migrations(["alpha"]) == {}


@pytest.mark.usefixtures("newer")
class TestBringingUpToDate:
    def test_all_of_them(self, alpha: Client) -> None:
        outcomes, fleet = run()
        assert (fleet.total, fleet.behind, fleet.done, fleet.failed, fleet.left) == (2, 2, 2, 0, 0)
        assert set(outcomes) == {"alpha", "beta"}
        assert missing_migrations(["alpha", "beta"]) == {}
        alpha.refresh_from_db()
        assert not is_behind(alpha)

    def test_is_written_down_as_a_rollout(self) -> None:
        run()
        (rollout,) = Rollout.objects.all()
        for operation in rollout.operations.all():
            assert operation.state == OperationState.SUCCEEDED
            assert (operation.attempts, operation.queued) == (1, False)
            assert operation.started_at <= operation.finished_at
            lines = [event.message for event in operation.events.all()]
            assert lines == [
                "Started in a terminal.",
                "Applied 1 migration: tenant_data.9001_more.",
            ]

    def test_a_schema_takes_so_many_queries(self) -> None:
        """From the second one on: begin, the lock with client and record, the SQL, all rows,
        commit."""
        seen: list[int] = []
        with CaptureQueriesContext(connection) as queries:
            migrate_fleet(acting_user=None, watch=lambda outcome, fleet: seen.append(len(queries)))
        assert seen[1] - seen[0] == 5

    def test_only_those_named(self) -> None:
        outcomes, fleet = run(schemas=["beta"])
        assert (fleet.total, set(outcomes)) == (1, {"beta"})
        assert set(missing_migrations(["alpha", "beta"])) == {"alpha"}

    def test_also_of_clients_that_are_suspended_or_archived(
        self, alpha: Client, beta: Client
    ) -> None:
        suspend(alpha, acting_user=None)
        archive(beta, removal_on=localdate(), acting_user=None)
        assert run()[1].done == 2

    def test_by_somebody_who_may(self, operator: User, viewer: User) -> None:
        with pytest.raises(NotAllowed):
            migrate_fleet(acting_user=viewer)
        assert missing_migrations(["alpha", "beta"])
        assert migrate_fleet(acting_user=operator).done == 2
        assert Rollout.objects.get().requested_by_email == operator.email


@pytest.mark.usefixtures("newer", "at_once")
class TestWhatDoesNotWork:
    def test_a_failure_is_named_and_stops_nobody(self, alpha: Client) -> None:
        spoil("alpha")
        outcomes, fleet = run()
        assert (fleet.done, fleet.failed) == (1, 1)
        assert "was undone" in outcomes["alpha"].error
        operation = alpha.operations.get(kind=MIGRATE)
        assert (operation.state, operation.attempts) == (OperationState.FAILED, 1)
        detail = operation.error_detail
        assert detail == outcomes["alpha"].detail
        assert "tenant_data.9001_more" in detail
        assert f'ALTER TABLE "{LABEL}" ADD COLUMN "code" text NULL' in detail
        assert "already exists" in detail
        alpha.refresh_from_db()
        assert is_behind(alpha)
        assert set(missing_migrations(["alpha", "beta"])) == {"alpha"}

    def test_so_many_failures_end_the_run(self, beta: Client) -> None:
        spoil("alpha")
        _outcomes, fleet = run(abort_after=1)
        assert (fleet.failed, fleet.done, fleet.left) == (1, 0, 1)
        operation = beta.operations.get(kind=MIGRATE)
        assert operation.state == OperationState.CANCELLED
        assert "stopped before" in operation.events.last().message
        assert set(missing_migrations(["alpha", "beta"])) == {"alpha", "beta"}

    def test_fewer_do_not(self) -> None:
        spoil("alpha")
        assert run(abort_after=2)[1].done == 1

    def test_a_schema_on_which_somebody_works_is_tried_again_and_fails_in_the_end(
        self, alpha: Client, second: Any
    ) -> None:
        second.execute(TAKE, [key_of("alpha")])
        outcomes, _fleet = run()
        assert list(outcomes) == ["beta", "alpha"]
        assert "Other work is being done" in outcomes["alpha"].error
        assert alpha.operations.get(kind=MIGRATE).attempts == 3

    def test_a_table_in_use_is_waited_for_a_moment_only(self, alpha: Client, second: Any) -> None:
        second.execute(f"LOCK TABLE alpha.{LABEL} IN ACCESS SHARE MODE")
        outcomes, fleet = run()
        assert fleet.done == 1
        assert "lock timeout" in outcomes["alpha"].detail

    def test_a_schema_that_is_free_again_has_its_turn_after_the_others(
        self, second: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        second.execute(TAKE, [key_of("alpha")])
        order = []

        def watch(outcome: Outcome, fleet: Any) -> None:
            order.append((outcome.client.schema_name, outcome.error))
            second.execute("SELECT pg_advisory_unlock_all()")

        migrate_fleet(acting_user=None, watch=watch)
        assert order == [("beta", ""), ("alpha", "")]

    def test_a_client_with_an_open_operation_is_left_out(self, alpha: Client) -> None:
        request_operation(alpha, MIGRATE, acting_user=None)
        outcomes, fleet = run()
        assert (fleet.done, fleet.failed) == (1, 1)
        assert "not over yet" in outcomes["alpha"].error

    def test_one_that_somebody_cancels_before_its_turn_is_left_alone(
        self, beta: Client, operator: User
    ) -> None:
        def watch(outcome: Outcome, fleet: Any) -> None:
            cancel_operation(beta.operations.open().get(), acting_user=operator)

        fleet = migrate_fleet(acting_user=None, watch=watch)
        assert (fleet.done, fleet.failed) == (1, 0)
        assert set(missing_migrations(["alpha", "beta"])) == {"beta"}
        assert beta.operations.get(kind=MIGRATE).state == OperationState.CANCELLED

    def test_a_schema_that_is_gone_is_said_to_be(self) -> None:
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA alpha CASCADE")
        outcomes, fleet = run()
        assert "“alpha” is not in the database" in outcomes["alpha"].error
        assert fleet.done == 1


@pytest.mark.usefixtures("newer")
class TestStopped:
    def waiting(self, alpha: Client, beta: Client) -> Rollout:
        """Operations of a run that took long to come to them."""
        rollout = request_rollout([alpha, beta], MIGRATE, acting_user=None, queued=False).rollout
        Operation.objects.filter(rollout=rollout).update(created_at="2020-01-01T00:00Z")
        return rollout

    def test_by_a_key_it_closes_what_was_not_begun(self, beta: Client) -> None:
        def watch(outcome: Outcome, fleet: Any) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            migrate_fleet(acting_user=None, watch=watch)
        assert set(missing_migrations(["alpha", "beta"])) == {"beta"}
        assert beta.operations.get(kind=MIGRATE).state == OperationState.CANCELLED

    def test_while_it_lives_what_waits_is_left_alone(
        self, alpha: Client, beta: Client, second: Any
    ) -> None:
        rollout = self.waiting(alpha, beta)
        second.execute(TAKE, [key_of(share_module.name_of_run(rollout.pk))])
        with CaptureQueriesContext(connection) as queries:
            assert reconcile() == 0
        assert rollout.operations.open().count() == 2
        asked = [query for query in queries if "pg_try_advisory_lock" in query["sql"]]
        assert not asked, "there may be thousands, each of which would be asked"

    def test_when_it_was_killed_what_waits_is_closed(self, alpha: Client, beta: Client) -> None:
        rollout = self.waiting(alpha, beta)
        assert reconcile() == 2
        for operation in rollout.operations.all():
            assert operation.state == OperationState.FAILED
            assert "Nothing was left half done" in operation.error
        assert run()[1].done == 2
