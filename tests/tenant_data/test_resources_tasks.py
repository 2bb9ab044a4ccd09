"""What a file says of a task beside its title: milestone, parent, labels, hours and order."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.importing.files import import_file
from console.importing.formats import CSV
from console.importing.results import ImportResult
from tenant_data.models import Label, Milestone, Project, Task
from tenant_data.resources import TaskResource
from tenants.models import Client, Plan
from tests.tenant_data.test_resources import errors


@pytest.fixture(autouse=True)
def _in_alpha(alpha: Client) -> Iterator[None]:
    """Two projects; one has a milestone, and a task with a part and a label."""
    with schema_context("alpha"):
        web = Project.objects.create(key="WEB", name="Web shop")
        ops = Project.objects.create(key="OPS", name="Office")
        Milestone.objects.create(project=web, name="Beta")
        Milestone.objects.create(project=ops, name="Move")
        whole = Task.objects.create(project=web, number=1, title="One")
        Task.objects.create(project=web, number=2, title="Two", parent=whole)
        Task.objects.create(project=ops, number=1, title="Other")
        whole.labels.add(Label.objects.create(name="Idea"))
        yield


def tasks(column: str, *rows: str, **options: object) -> ImportResult:
    lines = [f"reference,title,{column}", *rows]
    return import_file(TaskResource, "\n".join(lines).encode(), **options)


def task(reference: str) -> Task:
    key, _hyphen, number = reference.partition("-")
    return Task.objects.get(project__key=key, number=number)


def parents() -> dict[str, str]:
    found = Task.objects.exclude(parent=None).select_related("project", "parent__project")
    return {part.reference: part.parent.reference for part in found}


class TestMilestone:
    def test_is_one_of_the_tasks_own_project_by_name(self) -> None:
        assert tasks("milestone", "WEB-1,One,Beta", "WEB-9,Nine,Beta").changed == 1
        assert task("WEB-1").milestone.name == task("WEB-9").milestone.name == "Beta"
        tasks("milestone", "WEB-1,One,")
        assert task("WEB-1").milestone is None

    @pytest.mark.parametrize("row", ["WEB-1,One,Move", "WEB-9,Nine,Move", "NEW-1,x,Beta"])
    def test_of_another_project_is_refused(self, row: str) -> None:
        (error,) = errors(tasks("milestone", row))
        assert error[:2] == ("milestone", 2)
        assert "has no milestone" in error[2]


class TestParent:
    def test_is_a_task_that_is_there(self) -> None:
        tasks("parent", "WEB-3,Three,web-1")
        assert parents() == {"WEB-2": "WEB-1", "WEB-3": "WEB-1"}

    def test_may_come_in_the_same_file_before_or_after_its_parts(self) -> None:
        tasks("parent", "WEB-3,Three,WEB-9", "WEB-9,Nine,", "WEB-4,Four,WEB-9", "NEW-2,x,NEW-1",
              "NEW-1,y,")  # fmt: skip
        assert parents() == {
            "WEB-2": "WEB-1", "WEB-3": "WEB-9", "WEB-4": "WEB-9", "NEW-2": "NEW-1",
        }  # fmt: skip

    def test_may_be_new_for_a_task_that_is_there(self) -> None:
        tasks("parent", "WEB-2,Two,WEB-9", "WEB-9,Nine,")
        assert parents() == {"WEB-2": "WEB-9"}

    def test_is_taken_away_by_an_empty_cell(self) -> None:
        tasks("parent", "WEB-2,Two,")
        assert parents() == {}

    def test_what_counts_is_how_it_is_after_the_file(self) -> None:
        """The part becomes the whole: neither is wrong once both rows are written."""
        assert not errors(tasks("parent", "WEB-1,One,WEB-2", "WEB-2,Two,"))
        assert parents() == {"WEB-1": "WEB-2"}

    @pytest.mark.parametrize(
        ("rows", "said"),
        [
            (["WEB-1,One,WEB-1"], "A task cannot be a part of itself."),
            (["WEB-3,x,OPS-1"], "OPS-1 belongs to another project."),
            (["WEB-3,x,WEB-77"], "There is no task WEB-77, neither here nor in the file."),
            (["WEB-3,x,WEB"], "“WEB” is not a reference such as WEB-12."),
            (["WEB-3,x,WEB-2"], "WEB-2 is a part of another task itself."),
            (["WEB-3,x,WEB-4", "WEB-4,y,WEB-5", "WEB-5,z,"], "WEB-4 is a part of another task"),
            (["WEB-1,One,WEB-3", "WEB-3,x,"], "This task has parts of its own, so it cannot be"),
        ],
    )
    def test_that_breaks_a_rule_is_an_error_of_its_cell(self, rows: list[str], said: str) -> None:
        found = errors(tasks("parent", *rows))
        assert any(column == "parent" and said in text for column, _line, text in found)
        assert {column for column, _line, _text in found} == {"parent"}
        assert parents() == {"WEB-2": "WEB-1"}

    def test_two_cannot_be_parts_of_each_other(self) -> None:
        assert len(errors(tasks("parent", "WEB-3,x,WEB-4", "WEB-4,y,WEB-3"))) == 2


class TestLabels:
    def names(self, reference: str) -> set[str]:
        return {label.name for label in task(reference).labels.all()}

    def test_are_found_whatever_the_capitals_and_made_where_missing(self) -> None:
        result = tasks("labels", 'WEB-1,One,"idea, Bug"', 'WEB-3,Three,"bug,  Big  one"')
        assert result.notes == ["2 new labels: Big one, Bug"]
        assert self.names("WEB-1") == {"Idea", "Bug"}
        assert self.names("WEB-3") == {"Bug", "Big one"}
        assert Label.objects.count() == 3

    def test_that_the_cell_leaves_out_are_taken_off(self) -> None:
        assert tasks("labels", "WEB-1,One,new").changed == 1
        assert self.names("WEB-1") == {"new"}
        tasks("labels", "WEB-1,One,")
        assert self.names("WEB-1") == set()

    def test_in_another_order_are_no_change(self) -> None:
        tasks("labels", 'WEB-1,One,"a, B, idea"')
        assert tasks("labels", 'WEB-1,One,"IDEA,b,a,a"').unchanged == 1

    def test_are_left_alone_where_there_is_no_column(self) -> None:
        tasks("order", "WEB-1,Another title,5")
        assert self.names("WEB-1") == {"Idea"}
        assert task("WEB-1").position == 5

    def test_are_not_made_by_who_may_not_add_them(self) -> None:
        user = User.objects.create_user("bo@alpha.example")
        (error,) = errors(tasks("labels", 'WEB-1,One,"idea, Bug"', user=user))
        assert error == (
            "labels", 2, "There is no label “Bug”, and you may not add labels.",
        )  # fmt: skip
        assert not errors(tasks("labels", "WEB-1,One,idea", user=user))
        user.user_permissions.add(Permission.objects.get(codename="add_label"))
        assert not errors(tasks("labels", "WEB-1,One,Bug", user=User.objects.get(pk=user.pk)))

    def test_too_long_to_be_made_is_said_once(self) -> None:
        (error,) = errors(tasks("labels", f"WEB-1,One,{'x' * 41}", f"WEB-3,x,{'x' * 41}"))[:1]
        assert error[0] == "labels"
        assert "cannot be made" in error[2]
        assert Label.objects.count() == 1

    def test_are_no_more_than_30_unless_the_task_has_as_many(self) -> None:
        for most, said in ((30, []), (31, ["These are 31; give 30 at the most."])):
            cell = ", ".join(f"l{n}" for n in range(most))
            for row in ("WEB-1,One", "WEB-9,Nine"):
                found = errors(tasks("labels", f'{row},"{cell}"', dry_run=True))
                assert [text for _column, _line, text in found] == said
        task("WEB-1").labels.set(Label.objects.create(name=f"l{n}") for n in range(31))
        assert tasks("labels", f'WEB-1,One,"{cell}"').unchanged == 1
        assert tasks("labels", f'WEB-1,One,"{cell}x"').changed == 1
        assert len(errors(tasks("labels", f'WEB-1,One,"{cell},x"'))) == 1

    def test_show_old_and_new_in_the_preview(self) -> None:
        result = tasks("labels", 'WEB-1,One,"idea, bug"', dry_run=True)
        (row,) = result.samples["update"]
        assert row.changes == [("labels", "Idea", "idea, bug")]
        assert Label.objects.count() == 1


class TestHours:
    @pytest.mark.parametrize(("text", "hours"), [("2.5", "2.50"), ("12", "12"), ("0", "0")])
    def test_are_a_decimal(self, text: str, hours: str) -> None:
        tasks("estimate", f"WEB-1,One,{text}")
        assert task("WEB-1").estimate == Decimal(hours)
        assert tasks("estimate", f"WEB-1,One,{text}").unchanged == 1

    @pytest.mark.parametrize("text", ["2h", '"2,5,1"', "-1", "99999", "1.2345", "NaN"])
    def test_that_are_none_are_refused(self, text: str) -> None:
        (error,) = errors(tasks("estimate", f"WEB-1,One,{text}"))
        assert error[0] == "estimate"


def test_an_export_imported_again_changes_nothing() -> None:
    tasks("labels,parent,milestone,estimate,order", 'WEB-1,One,"b, a",,Beta,1.5,3')
    exported = CSV().export_data(TaskResource().export())
    assert b'"a, b"' in exported
    result = import_file(TaskResource, exported)
    assert (result.new, result.changed, result.unchanged) == (0, 0, 3)


class TestCost:
    def queries(self, count: int, first: int) -> int:
        header = "reference,title,milestone,parent,labels"
        rows = [
            f'WEB-{first + n},x,Beta,{f"WEB-{first + n - 1}" if n % 2 else ""},"l{n}, idea"'
            for n in range(count)
        ]
        with CaptureQueriesContext(connection) as context:
            result = import_file(TaskResource, "\n".join([header, *rows]).encode())
        assert not result.has_errors()
        return len(context)

    def test_is_the_same_number_of_queries_for_20_rows_and_200(self) -> None:
        self.queries(2, 10)
        assert self.queries(20, 100) == self.queries(200, 1000)
        assert self.queries(20, 100) == self.queries(200, 1000)

    def test_is_the_same_where_the_plan_has_a_limit(self, alpha: Client) -> None:
        with schema_context("public"):
            plan = Plan.objects.create(code="tight", name="Tight", max_tasks=5000)
            Client.objects.filter(pk=alpha.pk).update(plan=plan)
        with schema_context("alpha"):
            self.queries(2, 10)
            assert self.queries(20, 100) == self.queries(200, 1000)
