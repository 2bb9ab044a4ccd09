"""Exports as jobs: added with their row, run by the worker, and never lost on the way."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.storage import default_storage
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django_tenants.utils import schema_context
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from console.accounts.models import User
from console.company import making
from console.company.archive import Archive
from console.company.asking import request_export
from console.company.exceptions import ExportNotAllowed, ExportNotInPlan
from console.company.models import KEPT_FOR, DataExport, ExportState
from tenants.exceptions import SchemaBusy
from tenants.models import Client, Feature
from tenants.operations import lifecycle
from tenants.operations.drop import request_drop
from tenants.operations.run import run_operation
from tenants.tasks import close_stalled_jobs
from tests.conftest import Browser
from tests.console.company import EXPORT, give, text_of, with_rights
from tests.tenants.operating import TAKE, key_of


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def entitled(alpha: Client) -> Client:
    give(alpha, Feature.DATA_EXPORT)
    return alpha


@pytest.fixture
def cora(alpha: Client) -> User:
    return with_rights(alpha, "view_dataexport", "add_dataexport")


@pytest.fixture
def asked(entitled: Client, cora: User) -> DataExport:
    with schema_context("alpha"):
        return request_export(entitled, acting_user=cora)


def jobs(task: str = "make_export", **fields: Any) -> list[ProcrastinateJob]:
    waiting = ProcrastinateJob.objects.filter(task_name=f"company.{task}", **fields)
    return list(waiting.order_by("pk"))


def work(*tasks: str) -> None:
    """Run what waits of these tasks as the worker does, each job once."""
    for task in tasks or ("make_export",):
        for job in jobs(task, status="todo"):
            app.tasks[job.task_name].func(**job.args)


def now(export: DataExport) -> DataExport:
    with schema_context("alpha"):
        return DataExport.objects.get(pk=export.pk)


class TestAsking:
    def test_adds_a_job_with_the_row(self, asked: DataExport) -> None:
        (job,) = jobs()
        assert job.args == {"schema": "alpha", "export_id": asked.pk}
        assert (job.queue_name, job.status, job.lock) == ("exports", "todo", None)

    def test_that_comes_to_nothing_leaves_neither(self, entitled: Client, cora: User) -> None:
        with schema_context("alpha"):
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                request_export(entitled, acting_user=cora)
                _ = 1 / 0
            assert not DataExport.objects.exists()
        assert jobs() == []

    def test_needs_the_right_and_the_plan(self, entitled: Client, cora: User) -> None:
        looker = with_rights(entitled, "view_dataexport", email="l@alpha.example")
        with schema_context("alpha"):
            with pytest.raises(ExportNotAllowed):
                request_export(entitled, acting_user=looker)
            entitled.plan.features = []
            with pytest.raises(ExportNotInPlan):
                request_export(entitled, acting_user=cora)
        assert jobs() == []

    def test_again_gives_a_lost_one_another_job(
        self, asked: DataExport, tenant_browser: Callable[..., Browser], alpha: Client, cora: User
    ) -> None:
        page = tenant_browser(alpha, cora)
        page.post(EXPORT)
        assert len(jobs()) == 1
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
        page.post(EXPORT)
        assert len(jobs()) == 1


class TestWorking:
    def test_makes_the_file_and_plans_its_end(self, asked: DataExport) -> None:
        work()
        export = now(asked)
        assert export.state == ExportState.DONE, export.error
        (job,) = jobs("delete_export")
        assert job.args == {"schema": "alpha", "export_id": asked.pk}
        # After its time, whichever clock is ahead of the other.
        assert job.scheduled_at - timezone.now() > KEPT_FOR + timedelta(minutes=55)

    def test_twice_makes_one(self, asked: DataExport, media: Path) -> None:
        work()
        work()
        assert now(asked).attempts == 1
        assert len(list(media.rglob("*.zip"))) == 1

    @pytest.mark.parametrize("lost", ["right", "account", "plan"])
    def test_asks_again_whether_it_may(
        self, asked: DataExport, entitled: Client, cora: User, media: Path, lost: str
    ) -> None:
        with schema_context("alpha"):
            if lost == "right":
                cora.user_permissions.clear()
            elif lost == "account":
                cora.delete()
        if lost == "plan":
            give(entitled)
        work()
        export = now(asked)
        assert export.state == ExportState.FAILED
        assert ("plan" if lost == "plan" else "may not") in export.error
        assert not list(media.rglob("*.zip"))

    def test_leaves_it_to_whoever_has_the_schema(self, asked: DataExport, second: Any) -> None:
        second.execute(TAKE, [key_of("alpha")])
        with pytest.raises(SchemaBusy):  # Upon which the queue runs the job once more.
            work()
        assert now(asked).state == ExportState.WAITING

    def test_says_in_plain_words_that_it_failed(
        self,
        asked: DataExport,
        media: Path,
        monkeypatch: pytest.MonkeyPatch,
        tenant_browser: Any,
        alpha: Client,
        cora: User,
        caplog: Any,
    ) -> None:
        monkeypatch.setattr(Archive, "_write_readme", lambda *args: 1 / 0)
        work()
        assert now(asked).state == ExportState.FAILED
        assert not list(media.rglob("*.zip"))
        shown = text_of(tenant_browser(alpha, cora).get(EXPORT))
        assert "Something went wrong on our side" in shown
        assert "ZeroDivisionError" not in shown
        assert "ZeroDivisionError" in caplog.text

    def test_writes_the_language_and_the_time_of_the_company(
        self, asked: DataExport, alpha: Client
    ) -> None:
        Client.objects.filter(pk=alpha.pk).update(time_zone="Asia/Tokyo", language="en-gb")
        work()
        with (
            schema_context("alpha"),
            default_storage.open(now(asked).file.name) as file,
            zipfile.ZipFile(file) as archive,
        ):
            assert b"JST" in archive.read("README.txt")


class TestClosed:
    """While nobody gets in, nothing is done; once the pages are open again, it is."""

    def test_it_waits_for_a_suspended_company(self, asked: DataExport, alpha: Client) -> None:
        lifecycle.suspend(alpha, acting_user=None)
        work()
        assert now(asked).state == ExportState.WAITING
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")  # Its job is over.
        lifecycle.reactivate(alpha, acting_user=None)
        work("take_up_exports", "make_export")
        assert now(asked).state == ExportState.DONE

    def test_it_waits_for_an_archived_one(self, asked: DataExport, alpha: Client) -> None:
        lifecycle.archive(alpha, removal_on=timezone.localdate(), acting_user=None)
        work()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
        assert now(asked).state == ExportState.WAITING
        lifecycle.restore(alpha, acting_user=None)
        work("take_up_exports", "make_export")
        assert now(asked).state == ExportState.DONE

    def test_the_file_goes_with_the_schema_and_its_jobs_do_nothing(
        self, asked: DataExport, alpha: Client, media: Path
    ) -> None:
        work()
        assert list(media.rglob("*.zip"))
        with schema_context("alpha"), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # As at the end of a transaction.
        archived = lifecycle.archive(alpha, removal_on=timezone.localdate(), acting_user=None)
        run_operation(request_drop(archived, typed_name="alpha", acting_user=None).pk)
        assert not list(media.rglob("*.zip"))
        work("make_export", "delete_export", "take_up_exports")


class TestKilled:
    """kill -9 of the worker leaves the row running, a job that nobody works at, half a file."""

    @pytest.fixture
    def killed(self, asked: DataExport, monkeypatch: pytest.MonkeyPatch) -> DataExport:
        def die(*args: Any) -> None:
            raise KeyboardInterrupt  # Nothing of ours catches it, as nothing catches a kill.

        with monkeypatch.context() as patch:
            patch.setattr(making, "enqueue_deletion", die)
            with pytest.raises(KeyboardInterrupt):
                work()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
        return now(asked)

    def test_the_upkeep_has_the_job_run_again(self, killed: DataExport, media: Path) -> None:
        assert killed.state == ExportState.RUNNING
        (half,) = media.rglob("*.zip")
        async_to_sync(close_stalled_jobs.func)(SimpleNamespace(app=app), 0)
        assert [job.status for job in jobs()] == ["todo"]
        work()
        export = now(killed)
        assert (export.state, export.attempts) == (ExportState.DONE, 2)
        (whole,) = media.rglob("*.zip")
        assert whole != half

    def test_but_not_for_ever(self, killed: DataExport, media: Path) -> None:
        with schema_context("alpha"):
            DataExport.objects.update(attempts=making.MAX_ATTEMPTS)
        async_to_sync(close_stalled_jobs.func)(SimpleNamespace(app=app), 0)
        work()
        export = now(killed)
        assert export.state == ExportState.FAILED
        assert "interrupted several times" in export.error
        assert not list(media.rglob("*.zip"))

    def test_a_database_that_went_away_is_no_failure(
        self, asked: DataExport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def gone(*args: Any, **kwargs: Any) -> None:
            raise OperationalError("gone")

        with monkeypatch.context() as patch:
            patch.setattr(Archive, "write", gone)
            with pytest.raises(OperationalError):  # The queue runs the job once more.
                work()
        work()
        assert now(asked).state == ExportState.DONE


@pytest.fixture
def page_of_a_web_process(web_login: Any, django_db_blocker: Any) -> Iterator[Browser]:
    """The first admin's; undone at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        alpha = Client.objects.select_related("plan").get(schema_name="alpha")
        give(alpha, Feature.DATA_EXPORT)
        with schema_context("alpha"):
            owner = User.objects.get(email="ada@alpha.example")
        yield Browser("alpha.localhost", "alpha", owner)
        transaction.set_rollback(True)


def test_a_process_that_logged_in_as_web_may_ask_and_download(
    page_of_a_web_process: Browser,
) -> None:
    page = page_of_a_web_process
    page.post(EXPORT)
    (job,) = jobs()
    assert connection.schema_name == "public"
    work()
    page.get(EXPORT)
    response = page.post(f"{EXPORT}{job.args['export_id']}/download/")
    assert b"".join(response).startswith(b"PK")
