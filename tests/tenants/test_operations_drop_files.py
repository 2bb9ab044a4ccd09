"""The files of a dropped schema: gone with it, or back where it stays."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.utils import timezone
from django_tenants.utils import schema_context

from tenant_data.files import attach
from tenant_data.models import Project, Task
from tenants.models import Client, Operation, OperationKind, OperationState
from tenants.operations import run
from tenants.operations.drop import request_drop
from tenants.operations.files import set_files_aside
from tenants.operations.lifecycle import archive
from tenants.operations.reconcile import reconcile
from tenants.operations.run import TryAgain, run_operation
from tenants.schemas import files
from tests.tenants.dropping import dropped, files_below, make_folders
from tests.tenants.operating import TAKE, key_of

CREATE = OperationKind.CREATE_SCHEMA


@pytest.fixture
def archived(alpha: Client) -> Client:
    return archive(alpha, removal_on=timezone.localdate(), acting_user=None)


@pytest.fixture
def folders(settings: Any, tmp_path: Path) -> Path:
    return make_folders(settings, tmp_path)


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


def test_the_files_of_tasks_are_in_a_folder_that_goes(archived: Client, folders: Path) -> None:
    with schema_context("alpha"):
        project = Project.objects.create(key="WEB", name="Website")
        task = Task.objects.create(project=project, title="Draw")
        upload = SimpleUploadedFile("notes.txt", b"what was agreed")
        (attachment,) = attach(task, [upload], acting_user=None)
        connection.check_constraints()  # as the commit does that this test has not
    stored = folders / "media/alpha" / attachment.file.name
    assert stored.read_bytes() == b"what was agreed"
    assert dropped(archived).state == OperationState.SUCCEEDED
    assert not [name for name in files_below(folders) if "attachments" in name]
