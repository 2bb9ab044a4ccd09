"""How things stand with a client: each step from each status, who may take it, what it leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from console.accounts.models import User
from console.history.models import LogEntry
from tenants.exceptions import (
    ClientBusy,
    ClientNotActive,
    ClientNotSuspended,
    NotAllowed,
    NothingToRestore,
    OperationOpen,
    PublicIsUntouchable,
    RemovalInThePast,
)
from tenants.models import Client, ClientStatus, OperationState
from tenants.operations.lifecycle import archive, reactivate, restore, suspend
from tenants.operations.request import request_operation
from tenants.schemas.locks import lock_timeout
from tests.database import make_client
from tests.tenants.operating import CREATE, MIGRATE, failed, in_state, waiting_jobs

Step = Callable[[Client, User | None], Client]


def do_suspend(client: Client, user: User | None = None) -> Client:
    return suspend(client, reason="Bills", acting_user=user)


def do_reactivate(client: Client, user: User | None = None) -> Client:
    return reactivate(client, acting_user=user)


def do_archive(client: Client, user: User | None = None) -> Client:
    return archive(client, removal_on=timezone.localdate(), acting_user=user)


def do_restore(client: Client, user: User | None = None) -> Client:
    return restore(client, acting_user=user)


def draft() -> Client:
    return make_client("gamma", ready=False)


def provisioning() -> Client:
    client = draft()
    request_operation(client, CREATE, acting_user=None)
    client.refresh_from_db()
    return client


def active() -> Client:
    return Client.objects.get(schema_name="alpha")


def suspended() -> Client:
    return do_suspend(active())


def archived() -> Client:
    return do_archive(active())


def archived_draft() -> Client:
    return do_archive(draft())


def archived_suspended() -> Client:
    return do_archive(suspended())


#: From what, by which step, to which status; or the refusal.
TABLE: list[tuple[Callable[[], Client], Step, Any]] = [
    (draft, do_suspend, ClientNotActive),
    (draft, do_reactivate, ClientNotSuspended),
    (draft, do_archive, "archived"),
    (draft, do_restore, NothingToRestore),
    (provisioning, do_suspend, ClientNotActive),
    (provisioning, do_reactivate, ClientNotSuspended),
    (provisioning, do_archive, OperationOpen),
    (provisioning, do_restore, NothingToRestore),
    (active, do_suspend, "suspended"),
    (active, do_reactivate, ClientNotSuspended),
    (active, do_archive, "archived"),
    (active, do_restore, NothingToRestore),
    (suspended, do_suspend, ClientNotActive),
    (suspended, do_reactivate, "active"),
    (suspended, do_archive, "archived"),
    (suspended, do_restore, NothingToRestore),
    (archived, do_suspend, ClientNotActive),
    (archived, do_reactivate, ClientNotSuspended),
    (archived, do_archive, "archived"),
    (archived, do_restore, "active"),
    (archived_draft, do_restore, "draft"),
    (archived_suspended, do_reactivate, ClientNotSuspended),
    (archived_suspended, do_restore, "suspended"),
]


def as_name(value: Any) -> str:
    return getattr(value, "__name__", str(value)).removeprefix("do_")


@pytest.mark.parametrize(("status", "step", "outcome"), TABLE, ids=as_name)
def test_each_step_from_each_status(
    db: None, status: Callable[[], Client], step: Step, outcome: Any
) -> None:
    client = status()
    before = client.status
    if isinstance(outcome, str):
        step(client, None)
        expected = outcome
    else:
        with pytest.raises(outcome):
            step(client, None)
        expected = before
    client.refresh_from_db()
    assert client.status == expected


#: Each step with a status that it can be taken from, the right it needs and what it is called.
STEPS = [
    (do_suspend, active, "suspend_client", "suspended"),
    (do_reactivate, suspended, "suspend_client", "reactivated"),
    (do_archive, active, "archive_client", "archived"),
    (do_archive, archived, "archive_client", "removal_date_changed"),
    (do_restore, archived, "archive_client", "restored"),
]


@pytest.mark.parametrize(("step", "status", "right", "event"), STEPS, ids=as_name)
class TestEachStep:
    def test_needs_its_right_and_no_other(
        self, viewer: User, step: Step, status: Callable[[], Client], right: str, event: str
    ) -> None:
        client = status()
        others = Permission.objects.filter(content_type__app_label="tenants")
        viewer.user_permissions.set(others.exclude(codename=right))
        with pytest.raises(NotAllowed, match="Vera"):
            step(client, User.objects.get(pk=viewer.pk))
        viewer.user_permissions.set(others.filter(codename=right))
        step(client, User.objects.get(pk=viewer.pk))

    def test_is_in_the_history_with_who_did_it(
        self, operator: User, step: Step, status: Callable[[], Client], right: str, event: str
    ) -> None:
        client = status()
        step(client, operator)
        entry = LogEntry.objects.about(client)[0]
        assert (entry.event, entry.actor_email) == (event, operator.email)

    def test_does_not_wait_for_a_worker_that_holds_the_client(
        self, db: None, step: Step, status: Callable[[], Client], right: str, event: str,
        second: Any, monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        beta = Client.objects.get(schema_name="beta")
        second.execute("SELECT 1 FROM tenants_client WHERE id = %s FOR NO KEY UPDATE", [beta.pk])
        # Another connection has the row, so no status can be written into it: ask no questions.
        monkeypatch.setattr("tenants.operations.lifecycle._refuse", lambda client, step: None)
        with lock_timeout("1s"), pytest.raises(ClientBusy, match="Beta"):
            step(beta, None)

    def test_leaves_the_console_alone(
        self, db: None, step: Step, status: Callable[[], Client], right: str, event: str
    ) -> None:
        with pytest.raises(PublicIsUntouchable):
            step(Client.objects.get(schema_name="public"), None)


class TestSuspending:
    def test_keeps_the_reason_for_the_history(self, alpha: Client, operator: User) -> None:
        suspend(alpha, reason="Bills", acting_user=operator)
        assert LogEntry.objects.about(alpha)[0].additional_data == {"reason": "Bills"}

    def test_says_since_when_until_it_is_over(self, alpha: Client) -> None:
        assert suspend(alpha, acting_user=None).suspended_at is not None
        assert reactivate(alpha, acting_user=None).suspended_at is None


class TestReactivating:
    @pytest.fixture
    def behind(self, alpha: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
        monkeypatch.setattr("tenants.operations.lifecycle.is_behind", lambda client: True)
        return suspend(alpha, acting_user=None)

    def test_asks_for_the_migrations_that_were_missed(self, behind: Client, operator: User) -> None:
        reactivate(behind, acting_user=operator)
        operation = behind.operations.open().get()
        assert operation.kind == MIGRATE
        assert waiting_jobs(operation) == 1

    def test_asks_for_none_where_the_user_may_not(self, behind: Client, viewer: User) -> None:
        viewer.user_permissions.add(Permission.objects.get(codename="suspend_client"))
        user = User.objects.get(pk=viewer.pk)
        assert reactivate(behind, acting_user=user).status == ClientStatus.ACTIVE
        assert not behind.operations.open().exists()

    def test_asks_for_none_where_there_is_nothing_to_do(self, alpha: Client) -> None:
        suspend(alpha, acting_user=None)
        reactivate(alpha, acting_user=None)
        assert not alpha.operations.open().exists()

    def test_hands_on_what_waited(self, alpha: Client) -> None:
        suspend(alpha, acting_user=None)
        waiting = in_state(alpha, OperationState.QUEUED, MIGRATE)
        reactivate(alpha, acting_user=None)
        assert waiting_jobs(waiting) == 1


class TestArchiving:
    def test_keeps_the_data_until_a_day(self, alpha: Client, today: Any) -> None:
        client = archive(alpha, removal_on=today + timedelta(days=30), acting_user=None)
        assert client.removal_on == today + timedelta(days=30)
        first = client.archived_at
        client = archive(client, removal_on=today + timedelta(days=60), acting_user=None)
        assert client.removal_on == today + timedelta(days=60)
        assert client.archived_at == first

    def test_not_until_a_day_that_is_over(self, alpha: Client, today: Any) -> None:
        with pytest.raises(RemovalInThePast):
            archive(alpha, removal_on=today - timedelta(days=1), acting_user=None)
        alpha.refresh_from_db()
        assert alpha.status == ClientStatus.ACTIVE

    def test_an_operation_that_failed_is_over(self, alpha: Client) -> None:
        failed(alpha, MIGRATE)
        assert do_archive(alpha).is_archived

    def test_restoring_forgets_the_day(self, alpha: Client) -> None:
        client = do_restore(do_archive(alpha))
        assert (client.archived_at, client.removal_on) == (None, None)
