"""Taking everything out: what the file has in it, who gets it, and how long it is there."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils import timezone
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.company.making import delete_export, make_export
from console.company.models import DataExport, ExportState
from console.history.models import LogEntry
from console.importing.files import import_file
from tenant_data.models import Project, Task
from tenant_data.resources import ProjectResource, TaskResource
from tenant_data.use import used
from tenants.models import Client, Feature
from tests.conftest import Browser
from tests.console.company import EXPORT, give, text_of, with_rights


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def filled(alpha: Client, owner: User) -> Client:
    """Alpha with a project, two tasks and the feature."""
    give(alpha, Feature.DATA_EXPORT)
    with schema_context("alpha"):
        project = Project.objects.create(key="WEB", name="Website")
        Task.objects.create(project=project, title="=1+1", assignee_id=owner.pk)
        Task.objects.create(project=project, title="Zwölf, „neu“")
    return alpha


@pytest.fixture
def cora(alpha: Client) -> User:
    return with_rights(alpha, "view_dataexport", "add_dataexport")


@pytest.fixture
def page(tenant_browser: Callable[..., Browser], filled: Client, cora: User) -> Browser:
    return tenant_browser(filled, cora)


def exports() -> list[DataExport]:
    with schema_context("alpha"):
        return list(DataExport.objects.all())


def made(page: Browser) -> DataExport:
    """An export that was asked for with the button and made by the worker's verb."""
    assert page.post(EXPORT).status_code == 302
    make_export("alpha", exports()[0].pk)
    return exports()[0]


def download(page: Browser, export: DataExport) -> Any:
    response = page.post(f"{EXPORT}{export.pk}/download/")
    response.file = b"".join(response) if response.streaming else b""
    return response


def unpacked(page: Browser, export: DataExport) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(download(page, export).file)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def files() -> Iterator[tuple[str, str]]:
    """What a setting may name: two files with one name, one that is not there, one that climbs."""
    yield "WEB-1/notes.txt", "tasks/a"
    yield "WEB-1/notes.txt", "tasks/b"
    yield "../../etc/passwd", "tasks/b"
    yield "lost.txt", "tasks/none"


class TestTheFile:
    def test_has_a_table_for_each_kind_and_a_guide(self, page: Browser) -> None:
        found = unpacked(page, made(page))
        kinds = ("people", "customers", "labels", "projects", "milestones", "tasks")
        kinds += ("comments", "time-entries")
        assert list(found) == [*(f"{kind}.csv" for kind in kinds), "README.txt"]
        (project,) = table(found["projects.csv"])
        assert (project["key"], project["name"]) == ("WEB", "Website")
        titles = [row["title"] for row in table(found["tasks.csv"])]
        assert titles == ["'=1+1", "Zwölf, „neu“"]  # No cell is run as a formula.
        guide = found["README.txt"].decode("utf-8-sig")
        assert guide.startswith("All data of Alpha\r\n")
        assert "Made for cora@alpha.example" in guide
        assert "tasks.csv: tasks, 2" in guide

    def test_has_the_people_without_their_passwords(self, page: Browser, owner: User) -> None:
        found = unpacked(page, made(page))
        ada, cora = table(found["people.csv"])
        assert (ada["email"], ada["groups"]) == (owner.email, "Owner")
        assert (cora["email"], cora["may_sign_in"]) == ("cora@alpha.example", "yes")
        assert not [name for name in ada if "password" in name]
        assert owner.password not in found["people.csv"].decode()

    def test_can_be_imported_again(self, page: Browser) -> None:
        found = unpacked(page, made(page))
        with schema_context("alpha"):
            Task.objects.all().delete()
            Project.objects.all().delete()
            for resource, name in ((ProjectResource, "projects"), (TaskResource, "tasks")):
                result = import_file(resource, found[f"{name}.csv"], dry_run=False)
                assert not result.has_errors()
            assert set(Task.objects.values_list("title", flat=True)) == {"=1+1", "Zwölf, „neu“"}
            assert Task.objects.get(number=1).assignee.email == "ada@alpha.example"

    def test_has_the_attached_files(self, page: Browser, settings: Any) -> None:
        settings.TENANT_FILES = "tests.console.test_company_export.files"
        with schema_context("alpha"):
            default_storage.save("tasks/a", ContentFile(b"first"))
            default_storage.save("tasks/b", ContentFile(b"second"))
        export = made(page)
        found = unpacked(page, export)
        assert found["attachments/WEB-1/notes.txt"] == b"first"
        assert found["attachments/WEB-1/notes (2).txt"] == b"second"
        assert found["attachments/etc/passwd"] == b"second"
        assert "lost.txt" in found["README.txt"].decode("utf-8-sig")
        assert export.row_counts["attachments/"] == 3

    def test_has_nothing_of_another_company(self, page: Browser, beta: Client) -> None:
        with schema_context("beta"):
            Project.objects.create(key="SECRET", name="Secret of Beta")
        found = unpacked(page, made(page))
        assert not [name for name, content in found.items() if b"eta" in content]

    def test_does_not_count_against_the_limit_of_storage(self, page: Browser) -> None:
        made(page)
        with schema_context("alpha"):
            assert used("storage") == 0

    def test_lies_in_the_companys_own_folder_under_a_name_that_nobody_guesses(
        self, page: Browser, media: Path
    ) -> None:
        export = made(page)
        (found,) = [path for path in media.rglob("*") if path.is_file()]
        assert found == media / "alpha" / export.file.name
        assert found.parent == media / "alpha" / "exports"
        assert len(found.stem) == 32
        assert found.stat().st_size == export.size


class TestThePage:
    def test_says_what_will_be_in_it_and_follows_it(self, page: Browser) -> None:
        shown = text_of(page.get(EXPORT))
        assert "users, customers, labels, projects, milestones, tasks" in shown
        assert "They can be imported again, except: users, comments, time entries." in shown
        assert "Make the file" in shown
        page.post(EXPORT)
        shown = text_of(page.get(EXPORT))
        assert 'data-state="waiting"' in shown
        assert "Download" not in shown
        seen = f"{exports()[0].pk}.waiting.0"
        assert page.get(f"{EXPORT}live/?seen={seen}").status_code == 204
        make_export("alpha", exports()[0].pk)
        last = page.get(f"{EXPORT}live/?seen={seen}")
        assert last.status_code == 286  # The last one: the page asks no more.
        assert "Download" in text_of(last)
        assert last["Cache-Control"].startswith("max-age=0, no-cache, no-store")

    def test_without_the_feature_explains_and_offers_nothing(
        self, page: Browser, filled: Client
    ) -> None:
        give(filled)
        shown = text_of(page.get(EXPORT))
        assert "Not part of your plan" in shown
        assert "Make the file" not in shown
        page.post(EXPORT)
        assert exports() == []

    def test_one_at_a_time(self, page: Browser) -> None:
        page.post(EXPORT)
        page.post(EXPORT)
        assert len(exports()) == 1
        assert "An export is being made already" in text_of(page.get(EXPORT))

    def test_a_signed_out_browser_is_told_to_load_the_page(
        self, tenant_browser: Any, filled: Client
    ) -> None:
        response = tenant_browser(filled).get(f"{EXPORT}live/")
        assert (response.status_code, response["HX-Refresh"]) == (403, "true")


class TestDownloading:
    def test_is_never_kept_by_a_browser(self, page: Browser) -> None:
        response = download(page, made(page))
        day = timezone.localdate()
        assert response["Content-Disposition"] == f'attachment; filename="alpha-{day}.zip"'
        assert response["Content-Type"] == "application/zip"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))

    def test_is_written_down(self, page: Browser, cora: User) -> None:
        export = made(page)
        download(page, export)
        with schema_context("alpha"):
            entries = LogEntry.objects.about(export)
            assert [(entry.event, entry.actor_id) for entry in entries] == [
                ("export_downloaded", cora.pk),
                ("export_done", cora.pk),
                ("export_asked_for", cora.pk),
            ]

    def test_a_link_does_not_do_it(self, page: Browser) -> None:
        response = page.get(f"{EXPORT}{made(page).pk}/download/")
        assert (response.status_code, response["Location"]) == (302, EXPORT)

    def test_somebody_without_the_right_is_refused(
        self, page: Browser, tenant_browser: Any, filled: Client
    ) -> None:
        export = made(page)
        other = tenant_browser(
            filled,
            with_rights(filled, "change_settings", "add_dataexport", email="o@alpha.example"),
        )
        assert download(other, export).status_code == 403
        assert other.get(EXPORT).status_code == 403

    def test_who_may_look_downloads_and_makes_none(
        self, page: Browser, tenant_browser: Any, filled: Client
    ) -> None:
        export = made(page)
        looker = tenant_browser(
            filled, with_rights(filled, "view_dataexport", email="l@alpha.example")
        )
        assert looker.post(EXPORT).status_code == 403
        assert "Make the file" not in text_of(looker.get(EXPORT))
        assert download(looker, export).status_code == 200

    def test_a_file_that_is_gone_is_told_of(self, page: Browser) -> None:
        export = made(page)
        with schema_context("alpha"):
            default_storage.delete(export.file.name)
        assert download(page, export).status_code == 302
        assert "not kept any more" in text_of(page.get(EXPORT))


class TestKeeping:
    def test_the_next_one_takes_its_place(self, page: Browser, media: Path) -> None:
        first = made(page)
        second = made(page)
        assert [path.name for path in media.rglob("*.zip")] == [Path(second.file.name).name]
        assert download(page, first).status_code == 302

    def test_where_an_older_one_cannot_be_deleted_the_new_one_is_kept(
        self, page: Browser, media: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
    ) -> None:
        first = made(page)

        def refuse(*args: Any) -> None:
            raise PermissionError

        with monkeypatch.context() as patch:
            patch.setattr(FileSystemStorage, "delete", refuse)
            second = made(page)
        assert second.state == ExportState.DONE
        assert download(page, second).status_code == 200
        assert f"The file of the older export {first.pk} is still there." in caplog.text

    def test_after_seven_days_it_is_served_to_nobody_and_deleted(
        self, page: Browser, media: Path
    ) -> None:
        export = made(page)
        delete_export("alpha", export.pk)
        assert list(media.rglob("*.zip")), "its time is not over"
        with schema_context("alpha"):
            DataExport.objects.update(finished_at=timezone.now() - timedelta(days=7))
        assert download(page, export).status_code == 302
        delete_export("alpha", export.pk)
        assert not list(media.rglob("*.zip"))
        assert exports()[0].deleted_at
        assert exports()[0].state == ExportState.DONE
        assert "Not kept any more" in text_of(page.get(EXPORT))
