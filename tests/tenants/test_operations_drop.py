"""Dropping a schema: asked for by its name, whole, and never another's."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.db import OperationalError, connection
from django.utils import timezone
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history.models import LogEntry
from console.postgres.contexts import owner_rights
from tenants.exceptions import (
    ClientNotArchived,
    NameDoesNotMatch,
    NotAllowed,
    NotProvisioned,
    OperationOpen,
    PublicIsUntouchable,
    StillKept,
)
from tenants.models import Client, ClientStatus, Operation, OperationKind, OperationState
from tenants.operations import run
from tenants.operations.drop import request_drop
from tenants.operations.files import set_files_aside
from tenants.operations.lifecycle import archive, restore
from tenants.operations.reconcile import reconcile
from tenants.operations.request import request_operation
from tenants.operations.run import TryAgain, run_operation
from tenants.schemas import files
from tenants.schemas.inspect import schema_exists
from tests.database import make_client
from tests.tenants.operating import TAKE, key_of

CREATE = OperationKind.CREATE_SCHEMA


@pytest.fixture
def archived(alpha: Client) -> Client:
    return archive(alpha, removal_on=timezone.localdate(), acting_user=None)


@pytest.fixture
def folders(settings: Any, tmp_path: Path) -> Path:
    """Files of alpha and of beta, in each storage that keeps them apart."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    for schema in ("alpha", "beta"):
        with schema_context(schema):
            storages["default"].save("a/file.txt", ContentFile(b"of a task"))
            storages["imports"].save("0" * 32, ContentFile(b"an import"))
    return tmp_path


def dropped(client: Client, user: User | None = None) -> Operation:
    operation = request_drop(client, typed_name=client.schema_name, acting_user=user)
    run_operation(operation.pk)
    operation.refresh_from_db()
    client.refresh_from_db()
    return operation


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


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


class TestFiles:
    """They are set aside before the commit, and go, or come back, by what the row says then."""

    @pytest.fixture
    def logo(
        self, archived: Client, folders: Path, monkeypatch: pytest.MonkeyPatch
    ) -> FileSystemStorage:
        storage = FileSystemStorage(location=folders / "logos")
        monkeypatch.setattr(Client._meta.get_field("logo"), "storage", storage)
        archived.logo.save("x.png", ContentFile(b"picture"))
        return storage

    @pytest.mark.parametrize("error", [ValueError("no"), OperationalError("gone")])
    def test_are_back_where_the_last_step_fails(
        self,
        archived: Client,
        folders: Path,
        logo: FileSystemStorage,
        monkeypatch: pytest.MonkeyPatch,
        error: Exception,
    ) -> None:
        close = run._close

        def fail(operation: Operation, state: OperationState, last_word: str) -> None:
            if state == OperationState.SUCCEEDED:
                assert not (folders / "media" / "alpha").exists()
                raise error
            close(operation, state, last_word)

        before = files_below(folders)
        monkeypatch.setattr(run, "_close", fail)
        operation = request_drop(archived, typed_name="alpha", acting_user=None)
        with suppress(TryAgain):
            run_operation(operation.pk)
        assert files_below(folders) == before
        archived.refresh_from_db()
        assert archived.logo.open().read() == b"picture"
        assert archived.is_provisioned

    def test_that_cannot_be_deleted_are_told_of_and_swept_later(
        self, archived: Client, folders: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(path: Path) -> None:
            raise PermissionError(path)

        with monkeypatch.context() as patch:
            patch.setattr(files.shutil, "rmtree", refuse)
            operation = dropped(archived)
        assert operation.state == OperationState.SUCCEEDED
        assert "still there" in operation.events.last().message
        reconcile()
        assert not [name for name in files_below(folders) if "alpha" in name]

    def test_of_a_worker_that_was_killed_come_back(
        self, archived: Client, folders: Path, logo: FileSystemStorage
    ) -> None:
        before = files_below(folders)
        set_files_aside(archived)
        assert files_below(folders) != before
        reconcile()
        assert files_below(folders) == before

    def test_are_left_alone_while_somebody_has_the_schema(
        self, archived: Client, folders: Path, second: Any
    ) -> None:
        set_files_aside(archived)
        aside = files_below(folders)
        second.execute(TAKE, [key_of("alpha")])
        reconcile()
        assert files_below(folders) == aside

    def test_come_back_beside_what_came_meanwhile(self, archived: Client, folders: Path) -> None:
        set_files_aside(archived)
        with schema_context("alpha"):
            storages["default"].save("a/file.txt", ContentFile(b"newer"))
        reconcile()
        found = [path.read_bytes() for path in (folders / "media/alpha/a").iterdir()]
        assert sorted(found) == [b"newer", b"of a task"]

    def test_of_a_schema_before_never_come_to_the_one_after(
        self, archived: Client, folders: Path
    ) -> None:
        set_files_aside(archived)
        Client.objects.filter(pk=archived.pk).update(provisioned_at=timezone.now())
        reconcile()
        assert not [name for name in files_below(folders) if "alpha" in name]


class TestFolders:
    @pytest.mark.parametrize("name", ["public", "..", "", "alpha/../beta", "pg_catalog"])
    def test_there_are_none_for_a_name_that_no_tenant_has(self, db: None, name: str) -> None:
        with pytest.raises(ValidationError):
            files.folders_of(name)

    def test_only_those_of_storages_that_keep_schemas_apart(self, folders: Path) -> None:
        assert files.folders_of("alpha") == [folders / "imports/alpha", folders / "media/alpha"]
