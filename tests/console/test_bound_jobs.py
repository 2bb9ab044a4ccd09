"""Jobs of one company: each works in the schema that it names, on that schema's row and files.

All jobs wait in one queue, in ``public``. An export of alpha's and one of beta's have the same id
here, were asked for by the same user (``twins.py``), and their files have the same name.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.utils import timezone
from django_tenants.utils import schema_context
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from console.accounts.models import User
from console.company import making
from console.company.models import DataExport, ExportState
from console.history.models import LogEntry
from console.postgres.contexts import owner_rights
from tenants.models import Client, Feature
from tenants.operations import lifecycle
from tests.conftest import Browser
from tests.console.company import EXPORT, give
from tests.console.twins import PK, a_task
from tests.snapshot import taken_back

TASKS = ("make_export", "delete_export", "take_up_exports")


@pytest.fixture(autouse=True)
def _locks_are_given_back() -> Iterator[None]:
    """A job that fails in the test's own transaction cannot give its lock back before that ends."""
    yield
    if connection.connection is not None:
        psycopg.Cursor(connection.connection).execute("SELECT pg_advisory_unlock_all()")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path, alpha: Client, twins: dict[str, User]) -> Path:
    give(alpha, *Feature)  # Both have the one plan.
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def both() -> None:
    """An export that waits in each, with something to export."""
    for schema in ("alpha", "beta"):
        a_task(schema, f"Task of {schema}")
        with schema_context(schema):
            DataExport.objects.create(pk=PK, requested_by_id=PK)


def run(task: str, schema: str) -> None:
    """As the worker does it."""
    args = {"schema": schema} | ({} if task == "take_up_exports" else {"export_id": PK})
    app.tasks[f"company.{task}"].func(**args)


def export_of(schema: str) -> DataExport:
    with schema_context(schema):
        return DataExport.objects.get(pk=PK)


def jobs() -> list[dict[str, Any]]:
    return [job.args for job in ProcrastinateJob.objects.filter(queue_name="exports")]


class TestWorking:
    def test_an_export_is_made_of_its_own_company_alone(
        self, both: None, media: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(making, "new_file_name", lambda: "exports/same.zip")
        with taken_back("beta") as wrote:
            run("make_export", "alpha")
            found = [str(path.relative_to(media)) for path in media.rglob("*.zip")]
            assert found == ["alpha/exports/same.zip"]
            assert export_of("alpha").state == ExportState.DONE
            assert export_of("beta").state == ExportState.WAITING
            # What is planned next is for the same company.
            assert jobs() == [{"schema": "alpha", "export_id": PK}]
            with zipfile.ZipFile(media / found[0]) as archive:
                content = b"".join(archive.read(name) for name in archive.namelist())
            assert b"Task of alpha" in content
            assert b"eta" not in content.replace(b"meta", b"")
            with schema_context("beta"):
                assert not LogEntry.objects.filter(event="export_done").exists()
        assert wrote == set()

    def test_both_are_made_one_after_the_other_each_of_its_own(
        self, both: None, media: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A worker goes from one company to the next in one process."""
        monkeypatch.setattr(making, "new_file_name", lambda: "exports/same.zip")
        for schema in ("alpha", "beta"):
            run("make_export", schema)
        for schema in ("alpha", "beta"):
            with zipfile.ZipFile(media / schema / "exports" / "same.zip") as archive:
                (row,) = archive.read("tasks.csv").decode().splitlines()[1:]
            assert f"Task of {schema}" in row

    def test_a_deletion_takes_the_file_of_its_own_company(
        self, both: None, media: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(making, "new_file_name", lambda: "exports/same.zip")
        for schema in ("alpha", "beta"):
            run("make_export", schema)
            with schema_context(schema):
                DataExport.objects.update(finished_at=timezone.now() - timedelta(days=8))
        run("delete_export", "alpha")
        found = [str(path.relative_to(media)) for path in media.rglob("*.zip")]
        assert found == ["beta/exports/same.zip"]
        assert export_of("beta").deleted_at is None

    def test_what_waited_is_taken_up_in_its_own_company(self, both: None) -> None:
        run("take_up_exports", "alpha")
        assert jobs() == [{"schema": "alpha", "export_id": PK}]


class TestCompaniesThatAreNotThere:
    """Meanwhile is between the button and the worker."""

    def closed(self, step: str) -> None:
        alpha = Client.objects.get(schema_name="alpha")
        if step == "suspended":
            lifecycle.suspend(alpha, acting_user=None)
        elif step == "archived":
            lifecycle.archive(alpha, removal_on=timezone.localdate(), acting_user=None)
        elif step == "dropped":
            lifecycle.archive(alpha, removal_on=timezone.localdate(), acting_user=None)
            self.drop_the_schema()
            Client.objects.filter(pk=alpha.pk).update(provisioned_at=None)
        else:
            Client.objects.filter(pk=alpha.pk).update(schema_name="omega")

    def drop_the_schema(self) -> None:
        with owner_rights(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("DROP SCHEMA alpha CASCADE")

    @pytest.mark.parametrize("task", TASKS)
    @pytest.mark.parametrize("step", ["suspended", "archived", "dropped", "gone"])
    def test_are_left_alone_and_so_are_the_others(
        self, task: str, step: str, both: None, media: Path
    ) -> None:
        self.closed(step)
        with taken_back("beta", "public") as wrote:
            run(task, "alpha")
            assert not list(media.rglob("*.zip"))
        assert wrote == set()

    @pytest.mark.parametrize("task", TASKS)
    def test_a_schema_that_somebody_dropped_is_an_error_and_never_public(
        self, task: str, both: None, media: Path
    ) -> None:
        """The client says that it has one; without it the search path must not fall to another."""
        self.drop_the_schema()
        with taken_back("beta", "public") as wrote:
            with pytest.raises(DatabaseError), transaction.atomic():
                run(task, "alpha")
            assert not list(media.rglob("*.zip"))
        assert wrote == set()

    @pytest.mark.parametrize("schema", ["public", "nowhere", "", "alpha, beta", "pg_catalog"])
    @pytest.mark.parametrize("task", TASKS)
    def test_a_job_that_names_no_company_does_nothing(
        self, task: str, schema: str, both: None, media: Path
    ) -> None:
        with taken_back("alpha", "beta", "public") as wrote:
            run(task, schema)
        assert wrote == set()
        assert not list(media.rglob("*"))


class TestAskingForAnother:
    """What a company's user sends says nothing of where the job works."""

    WISHES = ("schema", "schema_name", "tenant", "export_id", "id", "pk", "args", "task_name")

    def test_a_page_adds_a_job_for_its_own_company(self, in_alpha: Browser) -> None:
        asked = dict.fromkeys(self.WISHES, "beta")
        in_alpha.post(f"{EXPORT}?schema=beta&export_id=1", asked, headers={"x-schema": "beta"})
        with schema_context("alpha"):
            export = DataExport.objects.get()
        assert jobs() == [{"schema": "alpha", "export_id": export.pk}]
        with schema_context("beta"):
            assert not DataExport.objects.exists()

    def test_the_queue_itself_is_closed_to_a_company(
        self, web_login: Any, django_db_blocker: Any
    ) -> None:
        """Its role has no rights in ``public``, so not even code of its pages adds a job by SQL."""
        statements = (
            "INSERT INTO public.procrastinate_jobs (queue_name, task_name, args)"
            " VALUES ('exports', 'company.make_export', '{\"schema\": \"beta\"}')",
            "UPDATE public.procrastinate_jobs SET args = '{}'",
            "SELECT * FROM public.procrastinate_jobs",
        )
        for statement in statements:
            with (
                schema_context("alpha"),
                pytest.raises(ProgrammingError, match="permission denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
