"""Projects and tasks from files: by reference, in a few queries, all or nothing."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils.module_loading import import_string
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.history.models import LogEntry
from console.importing.exceptions import ConflictError, FileError
from console.importing.files import import_file
from console.importing.formats import CSV
from console.importing.results import ImportResult
from tenant_data.models import Project, Task, TaskPriority, TaskStatus
from tenant_data.resources import ProjectResource, TaskResource
from tenants.models import Client, Plan
from tenants.operations.demo import WORK

FIXTURES = Path(settings.BASE_DIR) / "fixtures"


@pytest.fixture(autouse=True)
def _in_alpha(alpha: Client) -> Iterator[None]:
    with schema_context("alpha"):
        User.objects.create_user("bo@alpha.example", name="Bo")
        web = Project.objects.create(key="WEB", name="Web shop")
        Task.objects.create(project=web, number=7, title="Seven", priority=TaskPriority.HIGH)
        yield


def tasks(*rows: str, header: str = "reference,title", **options: Any) -> ImportResult:
    return import_file(TaskResource, "\n".join([header, *rows]).encode(), **options)


def errors(result: ImportResult) -> list[tuple[str, int, str]]:
    """Column, line and sentence of each error."""
    return [
        (column.column, line, sentence.text)
        for column in result.errors_by_column()
        for sentence in column.sentences.values()
        for line in sentence.lines
    ]


class TestTask:
    def test_is_found_by_its_reference_and_changed(self) -> None:
        result = tasks("web-7,Seven and a half")
        assert (result.new, result.changed) == (0, 1)
        task = Task.objects.get()
        assert (task.title, task.priority) == ("Seven and a half", TaskPriority.HIGH)

    def test_is_made_where_there_is_none(self) -> None:
        header = "reference,title,description,status,priority,assignee,due_on"
        row = "WEB-8,Eight,More,In Review,URGENT,BO@alpha.example,2026-11-22"
        assert tasks(row, header=header).new == 1
        task = Task.objects.get(number=8)
        assert (task.status, task.priority) == (TaskStatus.REVIEW, TaskPriority.URGENT)
        assert (task.assignee.name, task.due_on) == ("Bo", date(2026, 11, 22))
        assert task.created_at is not None

    def test_tells_unchanged_from_changed_and_what_changes(self) -> None:
        result = tasks("WEB-7,Seven,low", header="reference,title,priority", dry_run=True)
        (row,) = result.samples["update"]
        assert (row.line, row.key, row.changes) == (2, "WEB-7", [("priority", "High", "Low")])
        assert tasks("WEB-7, Seven ").unchanged == 1

    @pytest.mark.parametrize(
        ("text", "status"),
        [
            ("in_progress", TaskStatus.IN_PROGRESS),
            ("In progress", TaskStatus.IN_PROGRESS),
            ("IN-PROGRESS", TaskStatus.IN_PROGRESS),
            ("in review", TaskStatus.REVIEW),
            ("", TaskStatus.OPEN),
        ],
    )
    def test_status_by_code_or_label(self, text: str, status: str) -> None:
        tasks(f"WEB-8,x,{text}", header="reference,title,status")
        assert Task.objects.get(number=8).status == status

    @pytest.mark.parametrize("text", ["3", "high", "High", "HIGH"])
    def test_priority_by_number_or_label(self, text: str) -> None:
        tasks(f"WEB-8,x,{text}", header="reference,title,priority")
        assert Task.objects.get(number=8).priority == TaskPriority.HIGH

    def test_an_empty_cell_keeps_what_has_a_default_and_empties_the_rest(self) -> None:
        Task.objects.update(assignee=User.objects.get(email="bo@alpha.example"), description="x")
        header = "reference,title,description,priority,assignee"
        assert tasks("WEB-7,Seven,,,", header=header).changed == 1
        task = Task.objects.get()
        assert (task.priority, task.assignee, task.description) == (TaskPriority.HIGH, None, "")

    def test_a_column_that_is_not_there_is_left_alone(self) -> None:
        Task.objects.update(description="kept")
        tasks("WEB-7,New title")
        assert Task.objects.get().description == "kept"

    @pytest.mark.parametrize(
        ("header", "row", "column", "said"),
        [
            ("reference,title", "WEB,x", "reference", "“WEB” is not a reference such as WEB-12."),
            ("reference,title", "WEB-0,x", "reference", "is not a reference"),
            ("reference,title", "WEB-1234567890,x", "reference", "is not a reference"),
            ("reference,title", ",x", "reference", "Give a reference, or say which project"),
            ("reference,title", "WEB-8,", "title", "must not be empty"),
            ("reference,title", "WEB-7,", "title", "must not be empty"),
            ("reference,title", f"WEB-8,{'x' * 201}", "title", "at most 200 characters"),
            ("reference,title,status", "WEB-8,x,blocked", "status", "Use one of: Open"),
            ("reference,title,priority", "WEB-8,x,9", "priority", "Use one of: Low, Normal"),
            ("reference,title,assignee", "WEB-8,x,no@x.example", "assignee", "no user “no@x"),
            ("reference,title,due_on", "WEB-8,x,22/13/2026", "due_on", "not a date such as 2026"),
            ("reference,title,due_on", "WEB-8,x,2026-02-30", "due_on", "is not a date"),
            ("reference,title,due_on", "WEB-8,x,20261122", "due_on", "is not a date"),
            ("reference,title,project", f"NEW-1,x,{'n' * 121}", "project", "cannot be made"),
        ],
    )  # fmt: skip
    def test_errors_name_column_and_line(
        self, header: str, row: str, column: str, said: str
    ) -> None:
        (error,) = errors(tasks(row, header=header))
        assert error[:2] == (column, 2)
        assert said in error[2]
        assert Task.objects.count() == 1

    def test_all_errors_of_a_row_are_told_at_once(self) -> None:
        header = "reference,title,status,due_on"
        found = errors(tasks("WEB-8,,nope,soon", header=header))
        assert [column for column, _line, _text in found] == ["title", "status", "due_on"]

    def test_one_error_and_nothing_is_written(self) -> None:
        rows = [f"WEB-{number},x" for number in range(8, 1500)]
        result = tasks(*rows, "NEW-1,x", "WEB-7,changed", "WEB-x,x")
        assert (result.new, result.changed, result.in_error) == (1493, 1, 1)
        assert Task.objects.get().title == "Seven"
        assert Project.objects.count() == 1

    def test_a_key_that_comes_twice_is_named(self) -> None:
        """And no line: the row stands on another one in the file of rows in error."""
        rows = ("WEB-8,x,", 'WEB-9,y,"two\nlines"', "web-8,y,")
        (error,) = errors(tasks(*rows, header="reference,title,description"))
        assert error[:2] == ("reference", 5)
        assert error[2] == "“web-8” is in the file more than once. Keep one of its rows."

    def test_missing_columns_are_one_error(self) -> None:
        with pytest.raises(FileError, match=r"“reference”, “title” are missing.*: about, status"):
            tasks("x,y", header="about,status")


class TestProjects:
    def test_are_made_with_the_tasks_that_need_them(self) -> None:
        result = tasks("OPS-1,x,", "OPS-2,x,Office", "HR-1,x,", header="reference,title,project")
        assert result.notes == ["2 new projects: OPS · Office, HR · HR"]
        assert {p.key: p.name for p in Project.objects.all()} == {
            "WEB": "Web shop",
            "OPS": "Office",
            "HR": "HR",
        }

    def test_that_are_there_keep_their_name(self) -> None:
        assert tasks("WEB-7,Seven,Other", header="reference,title,project").unchanged == 1
        assert Project.objects.get().name == "Web shop"

    def test_are_not_made_by_who_may_not_add_them(self) -> None:
        user = User.objects.get(email="bo@alpha.example")
        (error,) = errors(tasks("OPS-1,x", user=user))
        assert error == ("project", 2, "There is no project OPS, and you may not add projects.")
        user.user_permissions.add(Permission.objects.get(codename="add_project"))
        assert not errors(tasks("OPS-1,x", user=User.objects.get(pk=user.pk)))

    def test_can_be_imported_themselves(self) -> None:
        result = import_file(ProjectResource, b"key,name\nWEB,Shop\nOPS,Office\n")
        assert (result.new, result.changed) == (1, 1)
        assert Project.objects.get(key="WEB").name == "Shop"

    def test_need_a_key_of_the_right_form(self) -> None:
        (error,) = errors(import_file(ProjectResource, b"key,name\nW,Shop\n"))
        assert error[0] == "key"


class TestCost:
    def queries(self, count: int, first: int, **options: Any) -> list[str]:
        rows = [
            f"P{number % 3}X-{first + number},x{number},bo@alpha.example" for number in range(count)
        ]
        with CaptureQueriesContext(
            connection,
        ) as context:
            result = tasks(*rows, header="reference,title,assignee", **options)
        assert not result.has_errors()
        return [query["sql"] for query in context]

    @pytest.mark.parametrize("dry_run", [True, False])
    def test_is_the_same_number_of_queries_for_20_rows_and_200(self, dry_run: bool) -> None:
        few = self.queries(20, 1, dry_run=dry_run)
        Task.objects.filter(project__key__endswith="X").delete()
        Project.objects.filter(key__endswith="X").delete()
        many = self.queries(200, 1000, dry_run=dry_run)
        assert len(few) == len(many) <= 25
        changed = self.queries(200, 1000, dry_run=dry_run)
        assert len(changed) <= 25

    def test_a_preview_writes_nothing_at_all(self) -> None:
        sent = self.queries(50, 1, dry_run=True)
        assert not [sql for sql in sent if sql.startswith(("INSERT", "UPDATE", "DELETE"))]
        assert not [sql for sql in sent if "FOR UPDATE" in sql]


class TestIsolation:
    def test_a_file_of_one_tenant_touches_no_row_of_another(self) -> None:
        content = b"reference,title\nWEB-7,Mine\n"
        with schema_context("beta"):
            import_file(TaskResource, content)
            assert Task.objects.get().title == "Mine"
        assert Task.objects.get().title == "Seven"

    def test_a_user_of_another_tenant_is_unknown(self) -> None:
        with schema_context("beta"):
            User.objects.create_user("only@beta.example")
        (error,) = errors(tasks("WEB-8,x,only@beta.example", header="reference,title,assignee"))
        assert error[0] == "assignee"

    def test_works_as_the_web_login(self, web_login: Any) -> None:
        """Sequences, locks and rights are those of a process that serves requests."""
        with schema_context("alpha"):
            try:
                assert tasks("QQ-1,x").new == 1
                assert tasks("QQ-1,y").changed == 1
            finally:
                Task.objects.filter(project__key="QQ").delete()
                Project.objects.filter(key="QQ").delete()
                LogEntry.objects.filter(content_type__app_label="tenant_data").delete()


def test_somebody_who_was_quicker_is_told_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*args: Any) -> None:
        raise IntegrityError

    monkeypatch.setattr(TaskResource, "insert", taken)
    with pytest.raises(ConflictError, match="Nothing was imported"):
        tasks("WEB-8,x")


COMPANIES = sorted(path.stem.removeprefix("tasks_") for path in FIXTURES.glob("tasks_*.csv"))


@pytest.mark.parametrize("company", COMPANIES)
def test_the_demos_files_are_good(company: str) -> None:
    with schema_context("public"):
        Plan.objects.update(features=["customers"])
    with (FIXTURES / "people.csv").open(encoding="utf-8", newline="") as file:
        people = [row["email"] for row in csv.DictReader(file) if row["schema_name"] == company]
    User.objects.bulk_create(User(email=email) for email in people)
    Task.objects.all().delete()
    with schema_context("alpha"):  # Anew: a block knows the plan of its beginning.
        for kind in WORK:
            path = FIXTURES / f"{kind}_{company}.csv"
            if path.exists():
                resource = import_string(settings.DEMO_RESOURCES[kind])
                assert not errors(import_file(resource, path.read_bytes()))
                exported = CSV().export_data(resource().export())
                again = import_file(resource, exported, dry_run=True)
                assert again.new == again.changed == 0
