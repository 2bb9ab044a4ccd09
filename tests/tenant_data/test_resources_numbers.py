"""What a file of tasks does to the projects' numbers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from console.importing.exceptions import FileError
from console.importing.files import import_file
from console.importing.results import ImportResult
from tenant_data.models import Milestone, Project, Task
from tenant_data.resources import TaskResource
from tenants.models import Client, Plan
from tests.tenant_data.test_resources import errors


@pytest.fixture(autouse=True)
def web(alpha: Client) -> Iterator[Project]:
    with schema_context("alpha"):
        web = Project.objects.create(key="WEB", name="Web shop")
        Task.objects.create(project=web, number=7, title="Seven")
        yield web


def tasks(header: str, *rows: str, **options: object) -> ImportResult:
    return import_file(TaskResource, "\n".join([header, *rows]).encode(), **options)


def references() -> dict[str, str]:
    return {task.title: task.reference for task in Task.objects.select_related("project")}


class TestATaskWithoutAReference:
    @pytest.mark.parametrize("project", ["WEB", "web", "Web shop", "WEB  SHOP"])
    def test_is_numbered_by_the_project_that_its_row_names(self, project: str) -> None:
        result = tasks("reference,project,title", f",{project},A", f",{project},B")
        assert (result.new, result.changed) == (2, 0)
        assert references() == {"Seven": "WEB-7", "A": "WEB-8", "B": "WEB-9"}

    def test_needs_no_column_of_references(self) -> None:
        assert tasks("project,title", "WEB,A").new == 1
        assert references()["A"] == "WEB-8"

    def test_leaves_out_the_numbers_that_the_file_gives_itself(self) -> None:
        tasks("reference,project,title", ",WEB,A", "WEB-8,,Eight", ",WEB,B", "WEB-9,,Nine")
        assert references() == {
            "Seven": "WEB-7", "A": "WEB-10", "Eight": "WEB-8", "B": "WEB-11", "Nine": "WEB-9",
        }  # fmt: skip
        assert Project.objects.get().last_number == 11

    def test_may_be_of_a_project_that_the_same_file_makes(self) -> None:
        tasks("reference,project,title", ",Office,A", "OPS-1,Office,One", ",OPS,B")
        assert references() | {"Seven": ""} == {
            "Seven": "", "A": "OPS-2", "One": "OPS-1", "B": "OPS-3",
        }  # fmt: skip

    def test_may_have_a_milestone_and_be_a_part(self, web: Project) -> None:
        Milestone.objects.create(project=web, name="Beta")
        header = "reference,project,title,milestone,parent"
        assert not errors(tasks(header, ",WEB,A,Beta,WEB-8", "WEB-8,,Eight,,", ",WEB,B,,WEB-7"))
        part = Task.objects.get(title="A")
        assert (part.reference, str(part.parent), part.milestone.name) == (
            "WEB-9", "WEB-8 Eight", "Beta",
        )  # fmt: skip

    def test_is_told_of_in_the_preview(self) -> None:
        result = tasks("project,title", "WEB,A", "WEB,B", dry_run=True)
        assert result.notes == [
            "2 tasks have no reference and get the next numbers of their projects. Importing the "
            "file again would add them again."
        ]
        assert [row.key for row in result.samples["new"]] == ["WEB, next number"] * 2
        assert Task.objects.count() == 1

    @pytest.mark.parametrize(
        ("row", "column", "said"),
        [
            (",,x", "reference", "Give a reference, or say which project is to number the task."),
            (",Nowhere,x", "project", "There is no project “Nowhere” here."),
            (",Twin,x", "project", "Several projects are called “Twin”. Give the key of one: T1"),
        ],
    )
    def test_needs_one_project_that_is_known(self, row: str, column: str, said: str) -> None:
        for key in ("T1", "T2"):
            Project.objects.create(key=key, name="Twin")
        ((found, _line, text),) = errors(tasks("reference,project,title", row))
        assert found == column
        assert said in text
        assert Task.objects.count() == 1

    def test_counts_for_the_plan(self, alpha: Client) -> None:
        with schema_context("public"):
            plan = Plan.objects.create(code="two", name="Two", max_tasks=2)
            Client.objects.filter(pk=alpha.pk).update(plan=plan)
        with schema_context("alpha"), pytest.raises(FileError, match="allows 2 tasks"):
            tasks("project,title", "WEB,A", "WEB,B")

    def test_costs_no_query_of_its_own(self) -> None:
        def queries(count: int) -> int:
            with CaptureQueriesContext(connection) as context:
                tasks("project,title", *(f"Web shop,{n}" for n in range(count)))
            return len(context)

        assert queries(20) == queries(200)


def test_a_file_without_references_and_projects_is_refused() -> None:
    with pytest.raises(FileError, match="The column “reference” is missing"):
        tasks("title", "A")


class TestAJump:
    def test_of_a_projects_numbers_is_said_in_the_preview(self) -> None:
        result = tasks("reference,title", "WEB-90001,Far", "WEB-8,Near", dry_run=True)
        (note,) = result.notes
        assert note.startswith(
            "The numbers of WEB · Web shop jump ahead for good: the file has WEB-90001, and "
            "without it the next task would be WEB-8."
        )

    def test_is_none_where_the_file_fills_the_numbers_or_changes_what_is_there(self) -> None:
        rows = [f"WEB-{number},x" for number in range(8, 400)]
        assert tasks("reference,title", *rows).notes == []
        assert tasks("reference,title", "WEB-399,y").notes == []

    def test_of_many_projects_is_said_of_the_first(self) -> None:
        result = tasks("reference,title", *(f"P{n}-5000,x" for n in range(8)), dry_run=True)
        assert len(result.notes) == 7  # What is made, five of them, and how many more.
        assert result.notes[-1] == "The numbers of 3 more projects jump ahead."


def test_the_sample_file_can_be_imported() -> None:
    rows = [",".join(f'"{cell}"' for cell in row) for row in TaskResource().sample()]
    assert not errors(tasks(*rows))
    assert references()["Draw the checkout page"] == "WEB-8"
