"""Imports that wait: for a company that is closed, for a person, and for the end of their files."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.utils import timezone
from django_tenants.utils import schema_context
from procrastinate.contrib.django import app

from console.accounts.models import User
from console.importing import keeping, progress, storage, sweeping, working
from console.importing.models import Import, ImportState
from tenant_data.models import Project, Task
from tenants.models import Client
from tenants.operations import lifecycle
from tenants.tasks import close_stalled_jobs
from tests.console.test_importing_jobs import MANY, jobs, waiting, work
from tests.console.test_importing_kept import MIXED
from tests.console.test_importing_pages import confirm, kept, said, tasks, upload


@pytest.fixture(autouse=True)
def _nothing_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "SMALL", 0)


@pytest.fixture
def web(tenant_browser: Callable[..., Any], alpha: Client, owner: User) -> Any:
    return tenant_browser(alpha, owner)


def kept_all() -> list[Import]:
    """Newest first."""
    with schema_context("alpha"):
        return list(Import.objects.all())


def states() -> list[str]:
    return [import_.state for import_ in kept_all()]


class TestNotWantedAnyMore:
    """Whatever was found out about the file meanwhile."""

    CHANGED = b"reference,title,assignee\nWEB-1,First,ada@x.example\n"

    @pytest.fixture
    def page(self, web: Any) -> Any:
        """Of a file that waits for the worker, and whose preview is not true any more."""
        with schema_context("alpha"):
            User.objects.create_user("ada@x.example")
        page = waiting(web, self.CHANGED)
        with schema_context("alpha"):
            User.objects.filter(email="ada@x.example").delete()
        return page

    def is_cancelled(self, folder: Path) -> bool:
        is_there = kept().stored_as or kept().faulty or list((folder / "alpha").iterdir())
        return kept().state == "cancelled" and not is_there and tasks() == []

    def test_while_it_is_looked_at_again(
        self, web: Any, page: Any, monkeypatch: pytest.MonkeyPatch, imports_folder: Path
    ) -> None:
        def check(*args: Any, **kwargs: Any) -> None:
            real(*args, **kwargs)
            web.post(page.context["cancel_url"])
            connection.set_schema("alpha")

        real = keeping.check
        monkeypatch.setattr(keeping, "check", check)
        work()
        assert self.is_cancelled(imports_folder)

    def test_before_it_is_looked_at_again(
        self, web: Any, page: Any, monkeypatch: pytest.MonkeyPatch, imports_folder: Path
    ) -> None:
        seen: list[bool] = []

        def look(*args: Any, **kwargs: Any) -> None:
            web.post(page.context["cancel_url"])
            connection.set_schema("alpha")
            monkeypatch.setattr(progress, "EVERY", 0)
            monkeypatch.setattr(keeping, "check", lambda *a, watch, **k: watch(0, 1))
            try:
                real(*args, **kwargs)
            finally:
                seen.append(True)

        real = working.look_again
        monkeypatch.setattr(working, "look_again", look)
        work()
        assert seen
        assert self.is_cancelled(imports_folder)

    def test_while_a_page_looks_at_it_again(
        self, web: Any, monkeypatch: pytest.MonkeyPatch, imports_folder: Path
    ) -> None:
        monkeypatch.setattr(keeping, "SMALL", 500_000)
        page = upload(web)
        with schema_context("alpha"):
            project = Project.objects.create(key="WEB", name="Web")
            Task.objects.create(project=project, title="By hand")

        def check(*args: Any, **kwargs: Any) -> None:
            web.post(page.context["cancel_url"])
            connection.set_schema("alpha")
            real(*args, **kwargs)

        real = keeping.check
        monkeypatch.setattr(keeping, "check", check)
        assert "it was confirmed, cancelled or" in said(confirm(web, page))
        assert (kept().state, tasks()) == ("cancelled", ["WEB-1 By hand"])

    def test_at_the_moment_at_which_the_worker_begins(
        self, web: Any, monkeypatch: pytest.MonkeyPatch, imports_folder: Path
    ) -> None:
        def check(*args: Any, **kwargs: Any) -> None:
            real(*args, **kwargs)
            keeping.close(kept(), ImportState.CANCELLED)

        real = working.check
        monkeypatch.setattr(working, "check", check)
        upload(web, MIXED)
        work()
        assert self.is_cancelled(imports_folder)


class TestTime:
    def test_a_closed_company_is_served_when_it_is_open_again(
        self, web: Any, alpha: Client, operator: User
    ) -> None:
        waiting(web)
        lifecycle.suspend(alpha, reason="unpaid", acting_user=operator)
        work()
        assert (kept().state, tasks()) == ("waiting", [])
        lifecycle.reactivate(Client.objects.get(pk=alpha.pk), acting_user=operator)
        work()
        work()
        assert kept().state == "done"

    def test_work_that_lost_its_job_gets_another(self, web: Any) -> None:
        upload(web, MANY)
        with schema_context("alpha"):
            Import.objects.update(created_at=timezone.now() - timedelta(minutes=11))
        sweeping.sweep_all()
        assert len(jobs()) == 1
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
        sweeping.sweep_all()
        assert len(jobs()) == 1

    def test_what_nobody_confirms_is_closed_after_a_day(
        self, web: Any, imports_folder: Path
    ) -> None:
        upload(web, MANY)
        work()
        with schema_context("alpha"):
            Import.objects.update(created_at=timezone.now() - timedelta(hours=25))
        sweeping.sweep_all()
        assert kept().state == "cancelled"
        assert kept().error == "Nobody confirmed it within a day."
        assert not list((imports_folder / "alpha").iterdir())

    def test_a_bounded_number_of_files_waits(
        self, web: Any, monkeypatch: pytest.MonkeyPatch, imports_folder: Path
    ) -> None:
        monkeypatch.setattr(keeping, "SMALL", 500_000)
        monkeypatch.setattr(sweeping, "MAX_WAITING", 2)
        for _number in range(4):
            upload(web)
        assert states() == ["ready", "ready", "cancelled", "cancelled"]
        assert "This one gave way" in kept_all()[-1].error
        assert len(list((imports_folder / "alpha").iterdir())) == 2

    def test_nobodys_files_give_way_to_a_colleagues(
        self, web: Any, tenant_browser: Any, alpha: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keeping, "SMALL", 500_000)
        monkeypatch.setattr(sweeping, "MAX_WAITING", 2)
        upload(web)
        with schema_context("alpha"):
            other = User.objects.create_superuser("other@alpha.example", "pw")
        theirs = tenant_browser(alpha, other)
        for _number in range(3):
            upload(theirs)
        assert states() == ["ready", "ready", "cancelled", "ready"]

    def test_files_with_nothing_to_import_give_way_first(
        self, web: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keeping, "SMALL", 500_000)
        monkeypatch.setattr(sweeping, "MAX_WAITING", 2)
        upload(web)
        wrong = b"reference,title\nx,y\n"
        assert "Nothing to import" in upload(web, wrong).context["title"]
        upload(web, wrong)
        assert states() == ["ready", "cancelled", "ready"]
        assert "Nothing to import" in web.get("/importing/import/").content.decode()
        upload(web)
        assert states() == ["ready", "cancelled", "cancelled", "ready"]

    def test_a_file_that_is_being_checked_counts(
        self, web: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sweeping, "MAX_WAITING", 1)
        upload(web, MANY)
        work()
        upload(web, MANY)
        assert states() == ["uploaded", "cancelled"]

    def test_a_bounded_number_is_in_the_hands_of_the_worker(
        self, web: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keeping, "MAX_AT_WORK", 1)
        upload(web, MANY)
        assert "Several large files" in upload(web, MANY).content.decode()
        assert len(jobs()) == 1

    def test_the_upkeep_has_a_job_run_again_whose_worker_is_gone(self, web: Any) -> None:
        upload(web, MANY)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
        async_to_sync(close_stalled_jobs.func)(SimpleNamespace(app=app), 0)
        assert [job.status for job in jobs()] == ["todo"]

    def test_files_that_no_import_has_are_deleted_after_a_day(
        self, web: Any, imports_folder: Path
    ) -> None:
        upload(web, MIXED)
        work()
        folder = imports_folder / "alpha"
        left = folder / ("0" * 32)
        left.write_bytes(b"left by a process that was killed")
        for path in folder.iterdir():
            os.utime(path, (1, 1))
        with schema_context("alpha"):
            sweeping.sweep()
        assert {path.name for path in folder.iterdir()} == {kept().stored_as, kept().faulty}

    def test_the_rows_in_error_are_kept_for_a_week(self, web: Any) -> None:
        page = waiting(web, MIXED)
        work()
        with schema_context("alpha"):
            finished = timezone.now() - sweeping.FAULTY_KEPT_FOR - timedelta(hours=1)
            Import.objects.update(finished_at=finished)
            sweeping.sweep()
            with pytest.raises(FileNotFoundError):
                storage.fetch(kept().faulty)
        assert web.get(page.context["faulty_url"]).status_code == 404
