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
from console.importing import keeping, storage, sweeping
from console.importing.models import Import
from tenants.models import Client
from tenants.operations import lifecycle
from tenants.tasks import close_stalled_jobs
from tests.console.test_importing_jobs import MANY, jobs, waiting, work
from tests.console.test_importing_kept import MIXED
from tests.console.test_importing_pages import kept, tasks, upload


@pytest.fixture(autouse=True)
def _nothing_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "SMALL", 0)


@pytest.fixture
def web(tenant_browser: Callable[..., Any], alpha: Client, owner: User) -> Any:
    return tenant_browser(alpha, owner)


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
        with schema_context("alpha"):
            sweeping.sweep()
            states = list(Import.objects.values_list("state", flat=True))
        assert states == ["ready", "ready", "cancelled", "cancelled"]
        assert len(list((imports_folder / "alpha").iterdir())) == 2

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
