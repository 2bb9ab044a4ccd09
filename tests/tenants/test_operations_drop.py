"""Dropping a schema: asked for by its name, whole, and never another's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.utils import timezone

from console.accounts.models import User
from console.history.models import LogEntry
from console.postgres.contexts import owner_rights
from tenants.exceptions import (
    ClientNotArchived,
    DropIsAlone,
    DropIsOutdated,
    NameDoesNotMatch,
    NotAllowed,
    NotProvisioned,
    OperationOpen,
    PublicIsUntouchable,
    StillKept,
)
from tenants.models import Client, ClientStatus, Operation, OperationKind, OperationState
from tenants.operations.drop import request_drop
from tenants.operations.lifecycle import archive, restore
from tenants.operations.many import retry_failed
from tenants.operations.request import request_operation, retry_operation
from tenants.operations.run import fail, run_operation
from tenants.schemas.inspect import schema_exists
from tests.database import make_client
from tests.tenants.dropping import dropped, files_below, make_folders

CREATE = OperationKind.CREATE_SCHEMA
TODAY = timezone.localdate


@pytest.fixture
def archived(alpha: Client) -> Client:
    return archive(alpha, removal_on=timezone.localdate(), acting_user=None)


@pytest.fixture
def folders(settings: Any, tmp_path: Path) -> Path:
    return make_folders(settings, tmp_path)


def roles_of(schema: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname LIKE %s", [f"%:{schema}:%"])
        return int(cursor.fetchone()[0])


class TestAsking:
    def test_writes_an_operation(self, archived: Client, operator: User) -> None:
        operation = request_drop(archived, typed_name="alpha", acting_user=operator)
        assert (operation.kind, operation.state) == ("drop_schema", "queued")
        assert schema_exists("alpha")

    def test_needs_the_right_to_drop_and_no_other(self, archived: Client, viewer: User) -> None:
        others = Permission.objects.filter(codename__in=["provision_client", "archive_client"])
        viewer.user_permissions.add(*others)
        with pytest.raises(NotAllowed, match="Vera"):
            request_drop(archived, typed_name="alpha", acting_user=viewer)
        viewer.user_permissions.add(Permission.objects.get(codename="drop_client"))
        again = User.objects.get(pk=viewer.pk)
        assert request_drop(archived, typed_name="alpha", acting_user=again).is_open

    @pytest.mark.parametrize("typed", ["", "Alpha", "alpha ", "beta", "public"])
    def test_needs_the_name_exactly(self, archived: Client, typed: str) -> None:
        with pytest.raises(NameDoesNotMatch, match="“alpha”"):
            request_drop(archived, typed_name=typed, acting_user=None)
        assert not archived.operations.open().exists()

    def test_only_of_an_archived_client(self, alpha: Client) -> None:
        with pytest.raises(ClientNotArchived):
            request_drop(alpha, typed_name="alpha", acting_user=None)

    def test_not_before_the_day(self, alpha: Client) -> None:
        tomorrow = timezone.localdate() + timedelta(days=1)
        archived = archive(alpha, removal_on=tomorrow, acting_user=None)
        with pytest.raises(StillKept):
            request_drop(archived, typed_name="alpha", acting_user=None)

    def test_not_without_a_schema(self, db: None) -> None:
        draft = make_client("gamma", ready=False)
        archive(draft, removal_on=timezone.localdate(), acting_user=None)
        with pytest.raises(NotProvisioned):
            request_drop(draft, typed_name="gamma", acting_user=None)

    def test_never_of_public(self, db: None) -> None:
        public = Client.objects.get(schema_name="public")
        with pytest.raises(PublicIsUntouchable):
            request_drop(public, typed_name="public", acting_user=None)

    def test_nothing_is_restored_meanwhile(self, archived: Client) -> None:
        request_drop(archived, typed_name="alpha", acting_user=None)
        with pytest.raises(OperationOpen):
            restore(archived, acting_user=None)


class TestAskingAgain:
    """The name was typed for one schema, as it was then."""

    @pytest.fixture
    def failed_drop(self, archived: Client) -> Operation:
        operation = request_drop(archived, typed_name="alpha", acting_user=None)
        fail(operation, ValueError("no"))
        return operation

    def test_of_one_that_failed(self, failed_drop: Operation, operator: User) -> None:
        retry_operation(failed_drop, acting_user=operator)
        failed_drop.refresh_from_db()
        assert failed_drop.state == OperationState.QUEUED

    def test_is_never_done_for_many(self, failed_drop: Operation, operator: User) -> None:
        result = retry_failed([failed_drop], acting_user=operator)
        assert [(row, type(why)) for row, why in result.refused] == [(failed_drop, DropIsAlone)]
        failed_drop.refresh_from_db()
        assert failed_drop.state == OperationState.FAILED

    def test_ends_where_the_client_was_in_use_again(
        self, failed_drop: Operation, archived: Client, operator: User
    ) -> None:
        restore(archived, acting_user=None)
        archive(Client.objects.get(pk=archived.pk), removal_on=TODAY(), acting_user=None)
        with pytest.raises(DropIsOutdated, match="archived anew"):
            retry_operation(failed_drop, acting_user=operator)
        assert schema_exists("alpha")


class TestDropping:
    def test_leaves_an_archived_client_without_a_schema(
        self, archived: Client, operator: User
    ) -> None:
        operation = dropped(archived, operator)
        assert operation.state == OperationState.SUCCEEDED, operation.error_detail
        assert not schema_exists("alpha")
        assert roles_of("alpha") == 0
        assert archived.status == ClientStatus.ARCHIVED
        assert archived.provisioned_at is None
        assert archived.schema_version is None
        assert schema_exists("beta")
        assert roles_of("beta") == 2

    def test_promises_no_day_any_more(self, archived: Client) -> None:
        dropped(archived)
        assert archived.removal_on is None

    def test_is_in_the_clients_history_as_who_asked_for_it(
        self, archived: Client, operator: User
    ) -> None:
        dropped(archived, operator)
        entry = LogEntry.objects.about(archived)[0]
        assert entry.event == "schema_dropped"
        assert entry.actor_email == operator.email

    def test_removes_its_files_and_no_others(self, archived: Client, folders: Path) -> None:
        assert dropped(archived).state == OperationState.SUCCEEDED
        left = sorted(path.name for path in folders.rglob("*") if path.is_file())
        assert left == ["0" * 32, "file.txt"]
        assert not (folders / "media" / "alpha").exists()
        assert not (folders / "imports" / "alpha").exists()

    def test_removes_the_logo(
        self, archived: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        storage = FileSystemStorage(location=tmp_path / "logos")
        monkeypatch.setattr(Client._meta.get_field("logo"), "storage", storage)
        archived.logo.save("x.png", ContentFile(b"picture"))
        path = tmp_path / "logos" / archived.logo.name
        assert path.exists()
        dropped(archived)
        assert not archived.logo
        assert not path.exists()

    def test_what_somebody_gave_the_role_by_hand_goes_too(self, archived: Client) -> None:
        role = f"{connection.settings_dict['NAME']}:alpha:rw"
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute(f'GRANT SELECT ON tenants_plan TO "{role}"')
        assert dropped(archived).state == OperationState.SUCCEEDED
        assert roles_of("alpha") == 0

    def test_a_role_that_owns_something_elsewhere_stops_it(self, archived: Client) -> None:
        role = f"{connection.settings_dict['NAME']}:alpha:rw"
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute(f'CREATE SCHEMA by_hand AUTHORIZATION "{role}"')
        operation = dropped(archived)
        assert operation.state == OperationState.FAILED
        assert "owns something outside its schema" in operation.error
        assert schema_exists("alpha")
        assert archived.is_provisioned

    def test_a_schema_that_is_gone_is_said_to_be(self, archived: Client, folders: Path) -> None:
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA alpha CASCADE")
        operation = dropped(archived)
        assert operation.state == OperationState.SUCCEEDED
        assert "no such schema any more" in operation.events.last().message
        assert roles_of("alpha") == 0
        assert not archived.is_provisioned
        assert not (folders / "media" / "alpha").exists()

    def test_files_that_cannot_be_moved_undo_it(
        self, archived: Client, folders: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The first folder is renamed by then."""
        rename = Path.rename

        def refuse(path: Path, to: Path) -> Path:
            if path == folders / "media" / "alpha":
                raise PermissionError(path)
            return rename(path, to)

        before = files_below(folders)
        monkeypatch.setattr(Path, "rename", refuse)
        operation = dropped(archived)
        assert operation.state == OperationState.FAILED
        assert "could not be removed, so nothing was" in operation.error
        assert files_below(folders) == before
        assert schema_exists("alpha")
        assert archived.is_provisioned

    def test_it_asks_again_whether_it_may(self, archived: Client, operator: User) -> None:
        operation = request_drop(archived, typed_name="alpha", acting_user=operator)
        operator.is_active = False
        operator.save()
        operation = run_operation(operation.pk)
        assert operation.state == OperationState.FAILED
        assert schema_exists("alpha")

    def test_it_asks_again_whether_the_client_is_archived(self, archived: Client) -> None:
        operation = request_drop(archived, typed_name="alpha", acting_user=None)
        Client.objects.filter(pk=archived.pk).update(
            status=ClientStatus.ACTIVE, archived_at=None, removal_on=None
        )
        operation = run_operation(operation.pk)
        assert operation.state == OperationState.FAILED
        assert schema_exists("alpha")

    def test_the_name_is_free_for_a_new_start(self, archived: Client) -> None:
        dropped(archived)
        client = restore(archived, acting_user=None)
        assert client.status == ClientStatus.DRAFT
        operation = request_operation(client, CREATE, acting_user=None)
        operation = run_operation(operation.pk)
        assert operation.state == OperationState.SUCCEEDED, operation.error_detail
