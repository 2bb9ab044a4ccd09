"""Importing files in a terminal: `manage.py import_records`."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django_tenants.utils import schema_context

from console.history.models import LogEntry
from console.importing.models import Import
from console.importing.table import OF_PAGES, OF_TERMINALS
from tenant_data.models import Customer, Task
from tenants.models import Client, Plan
from tenants.operations.lifecycle import archive, suspend
from tests.tenants.files import HEADER, NEW
from tests.tenants.operating import TAKE, key_of, make_behind

TASKS = "reference;project;title;due_on\nWEB-1;Web;First;\nWEB-2;Web;Second;22.11.2026\n"
FAULTY = "reference;project;title;status\nWEB-1;Web;First;done\nWEB-2;Web;Second;nowhere\n"


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "rows.csv"
        path.write_text(text)
        return path

    return write


def run(schema: str, model: str, path: Path, *options: str) -> str:
    """What the command prints."""
    out = io.StringIO()
    call_command("import_records", schema, model, str(path), *options, stdout=out, stderr=out)
    return out.getvalue()


def refused(code: int, schema: str, model: str, path: Path, *options: str) -> str:
    """What the command prints where its exit status is another than 0."""
    out = io.StringIO()
    with pytest.raises(CommandError) as error:
        call_command("import_records", schema, model, str(path), *options, stdout=out)
    assert error.value.returncode == code, error.value
    return f"{out.getvalue()}{error.value}"


def tasks() -> list[str]:
    with schema_context("alpha"):
        return [f"{task.reference} {task.title}" for task in Task.objects.order_by("number")]


def kept(schema: str = "alpha") -> list[Import]:
    with schema_context(schema):
        return list(Import.objects.all())


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.usefixtures("alpha")
class TestImporting:
    @pytest.mark.parametrize("model", ["tasks", "task", "tenant_data.task", "tenant_data.Task"])
    def test_writes_the_rows_of_a_client(self, file: Any, model: str, imports_folder: Path) -> None:
        out = run("alpha", model, file(TASKS))
        assert "Read as UTF-8, with semicolons between the cells." in out
        assert "  title → title" in out
        assert "Imported. 2 rows: 2 new, 0 changed, 0 unchanged, 0 in error." in out
        assert tasks() == ["WEB-1 First", "WEB-2 Second"]
        assert files_in(imports_folder) == []

    def test_is_kept_as_nobodys_who_signed_in(
        self, file: Any, tenant_browser: Any, alpha: Client, owner: Any
    ) -> None:
        run("alpha", "tasks", file(TASKS))
        [import_] = kept()
        assert (import_.state, import_.new, import_.file_name) == ("done", 2, "rows.csv")
        assert (import_.requested_by, import_.by_provider) == (None, True)
        with schema_context("alpha"):
            entries = LogEntry.objects.filter(cid=import_.cid)
            assert {entry.actor_email or "" for entry in entries} == {""}
        web = tenant_browser(alpha, owner)
        assert "your provider" in web.get("/importing/import/").content.decode()
        page = web.get(f"/tenant_data/task/import/{import_.pk}/").content.decode()
        assert "your provider" in page

    def test_writes_clients_into_public(self, file: Any) -> None:
        assert "1 new" in run("public", "clients", file(f"{HEADER}\n{NEW}\n"))
        assert Client.objects.filter(schema_name="gamma").exists()
        assert kept("public")[0].model == "tenants.client"

    def test_twice_changes_nothing(self, file: Any) -> None:
        run("alpha", "tasks", file(TASKS))
        out = run("alpha", "tasks", file(TASKS))
        assert "2 unchanged" in out
        assert "Nothing was imported." in out
        assert len(kept()) == 1

    def test_adds_rows_again_only_with_again(self, file: Any) -> None:
        run("alpha", "projects", file("key,name\nWEB,Web\n"))
        path = file("project,title\nWeb,One\n")
        run("alpha", "tasks", path)
        assert "imported before" in (said := refused(2, "alpha", "tasks", path))
        assert "--again" in said
        assert tasks() == ["WEB-1 One"]
        run("alpha", "tasks", path, "--again")
        assert tasks() == ["WEB-1 One", "WEB-2 One"]

    def test_takes_rows_from_elsewhere_as_new_ones_where_that_is_said(self, file: Any) -> None:
        path = file("reference,project,title,exported_from\nWEB-1,Web,First,beta\n")
        assert "--take-as-new" in refused(2, "alpha", "tasks", path)
        assert tasks() == []
        run("alpha", "tasks", path, "--take-as-new")
        assert len(tasks()) == 1

    def test_has_limits_of_its_own(self, file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        assert (OF_TERMINALS.rows, OF_PAGES.rows) == (1_000_000, 100_000)
        monkeypatch.setattr("console.importing.terminal.OF_TERMINALS", replace(OF_PAGES, rows=1))
        assert "more than 1" in refused(2, "alpha", "tasks", file(TASKS))
        monkeypatch.setattr("console.importing.terminal.OF_TERMINALS", replace(OF_PAGES, bytes=9))
        assert "larger than" in refused(2, "alpha", "tasks", file(TASKS))
        assert tasks() == []

    def test_of_a_file_whose_name_is_no_text(self, tmp_path: Path) -> None:
        """The system lets names have any bytes."""
        path = Path(os.fsdecode(bytes(tmp_path) + b"/bad\xffname.csv"))
        path.write_text(TASKS)
        assert "2 new" in run("alpha", "tasks", path)
        assert kept()[0].file_name == "bad?name.csv"
        with pytest.raises(CommandError, match="bytes in it that are no text"):
            run(os.fsdecode(b"alph\xff"), "tasks", path)

    def test_is_said_to_be_done_where_nobody_reads_that(self, file: Any) -> None:
        class Closed(io.StringIO):
            def write(self, text: str) -> int:
                if text.startswith("Imported"):
                    raise BrokenPipeError
                return len(text)

        call_command("import_records", "alpha", "tasks", str(file(TASKS)), stdout=Closed())
        assert tasks() == ["WEB-1 First", "WEB-2 Second"]

    def test_works_for_a_suspended_client(self, file: Any, alpha: Client) -> None:
        suspend(alpha, acting_user=None)
        run("alpha", "tasks", file(TASKS))
        assert len(tasks()) == 2


@pytest.mark.usefixtures("alpha")
class TestWhatIsSaidBeforehand:
    def test_columns(self, file: Any) -> None:
        path = file("No;Web page;Text;Other\nWEB-1;Web;First;x\n")
        assert "column" in refused(2, "alpha", "tasks", path)
        options = ("--map", "No=reference", "--map", "text=title", "--map", "Other=")
        out = run("alpha", "tasks", path, *options)
        assert "  text → title" in out
        assert "  other → not imported" in out
        assert tasks() == ["WEB-1 First"]

    def test_columns_are_remembered(self, file: Any) -> None:
        run("alpha", "tasks", file("No;Text\nWEB-1;A\n"), "--map=No=reference", "--map=Text=title")
        out = run("alpha", "tasks", file("No;Text\nWEB-2;B\n"))
        assert "as in the last file" in out
        assert tasks() == ["WEB-1 A", "WEB-2 B"]

    @pytest.mark.parametrize(
        ("pair", "said"),
        [
            ("Nowhere=title", "The file has no column “Nowhere”"),
            ("title=nothing", "There is no field “nothing”"),
        ],
    )
    def test_columns_that_are_not_there(self, file: Any, pair: str, said: str) -> None:
        assert said in refused(2, "alpha", "tasks", file(TASKS), "--map", pair)
        assert tasks() == []

    def test_what_the_file_leaves_open(self, file: Any) -> None:
        path = file("reference,title,due_on\nWEB-1,First,05/06/2026\n")
        out = refused(2, "alpha", "tasks", path)
        assert "due_on: “05/06/2026” on line 2" in out
        assert "--date-order day" in out
        run("alpha", "tasks", path, "--date-order", "month")
        with schema_context("alpha"):
            assert Task.objects.get().due_on.isoformat() == "2026-05-06"

    def test_encoding_and_delimiter(self, tmp_path: Path) -> None:
        path = tmp_path / "rows.csv"
        path.write_bytes("reference|title\nWEB-1|Žluť\n".encode("cp1250"))
        run("alpha", "tasks", path, "--encoding=cp1250", "--delimiter=bar")
        assert tasks() == ["WEB-1 Žluť"]


@pytest.mark.usefixtures("alpha")
class TestChecking:
    def test_says_what_would_come_of_it_and_writes_nothing(
        self, file: Any, imports_folder: Path
    ) -> None:
        out = run("alpha", "tasks", file(TASKS), "--check")
        assert "2 rows: 2 new" in out
        assert (tasks(), kept(), files_in(imports_folder)) == ([], [], [])

    def test_fails_where_rows_are_in_error(self, file: Any) -> None:
        refused(1, "alpha", "tasks", file(FAULTY), "--check", "--good-rows-only")
        assert tasks() == []


class TestRefusals:
    def test_of_a_schema_that_nobody_has(self, alpha: Client, file: Any) -> None:
        assert "no client with the schema “nobody”" in refused(2, "nobody", "tasks", file(TASKS))

    def test_of_a_client_without_a_schema(self, draft: Client, file: Any) -> None:
        assert "no schema yet" in refused(2, "gamma", "tasks", file(TASKS))

    def test_of_an_archived_client(self, alpha: Client, file: Any) -> None:
        archive(alpha, removal_on=date(2999, 1, 1), acting_user=None)
        assert "archived" in refused(2, "alpha", "tasks", file(TASKS))
        assert tasks() == []

    def test_of_a_schema_that_is_behind(self, alpha: Client, file: Any) -> None:
        make_behind("alpha")
        assert "behind the code" in refused(2, "alpha", "tasks", file(TASKS))

    def test_of_a_schema_that_somebody_works_on(
        self, alpha: Client, file: Any, second: Any
    ) -> None:
        second.execute(TAKE, [key_of("alpha")])
        assert "Other work is being done" in refused(2, "alpha", "tasks", file(TASKS))

    def test_of_what_cannot_be_imported_there(self, alpha: Client, file: Any) -> None:
        out = refused(2, "alpha", "clients", file(TASKS))
        assert "customers, labels, milestones, projects, tasks can" in out
        assert "clients, domains, plans can" in refused(2, "public", "tasks", file(TASKS))
        refused(2, "alpha", "comments", file(TASKS))

    def test_of_what_the_plan_does_not_have(self, alpha: Client, file: Any) -> None:
        path = file("name\nAcme\n")
        Plan.objects.filter(pk=alpha.plan_id).update(features=[])
        assert "not part of" in refused(2, "alpha", "customers", path)
        Plan.objects.filter(pk=alpha.plan_id).update(features=["customers"])
        run("alpha", "customers", path)
        with schema_context("alpha"):
            assert Customer.objects.get().name == "Acme"

    def test_of_more_than_the_plan_allows(self, alpha: Client, file: Any) -> None:
        Plan.objects.filter(pk=alpha.plan_id).update(max_tasks=1)
        assert "allows 1 task" in refused(2, "alpha", "tasks", file(TASKS))
        assert tasks() == []

    def test_of_files_that_are_none(self, alpha: Client, file: Any, tmp_path: Path) -> None:
        nothing = tmp_path / "nothing.csv"
        out = refused(2, "alpha", "tasks", nothing)
        assert out == f"{nothing}: No such file or directory."
        assert f"{tmp_path}: Is a directory." in refused(2, "alpha", "tasks", tmp_path)
        assert refused(2, "alpha", "tasks", file(""))


@pytest.mark.usefixtures("alpha")
class TestCtrlC:
    def test_leaves_nothing_and_says_so(
        self, file: Any, imports_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*args: Any) -> None:
            raise KeyboardInterrupt

        # When all rows are written, and nothing is committed.
        monkeypatch.setattr("console.importing.checking._close_as_done", interrupted)
        assert "Stopped. Nothing was imported." in refused(130, "alpha", "tasks", file(TASKS))
        assert (tasks(), kept(), files_in(imports_folder)) == ([], [], [])
