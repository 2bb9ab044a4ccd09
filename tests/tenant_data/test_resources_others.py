"""Customers, labels, milestones and projects from files, and comments to files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from console.accounts.models import User
from console.importing.exceptions import FileError
from console.importing.files import import_file
from console.importing.formats import CSV, XLSX
from console.importing.resource import KeyedResource
from console.importing.results import ImportResult
from tenant_data import resources
from tenant_data.models import Comment, Customer, Label, Milestone, Project, Task
from tenant_data.resources import (
    CommentResource,
    CustomerResource,
    LabelResource,
    MilestoneResource,
    ProjectResource,
)
from tenants.models import Client, Plan
from tests.tenant_data.test_resources import errors


@pytest.fixture
def plan(alpha: Client) -> Plan:
    """A plan with customers, which alpha has."""
    plan = Plan.objects.create(code="full", name="Full", features=["customers"])
    Client.objects.filter(pk=alpha.pk).update(plan=plan)
    return plan


@pytest.fixture(autouse=True)
def _in_alpha(plan: Plan) -> Iterator[None]:
    with schema_context("alpha"):
        bo = User.objects.create_user("bo@alpha.example", name="Bo")
        User.objects.create_user("cy@alpha.example", name="Cy")
        acme = Customer.objects.create(name="Acme Ltd", contact_email="a@acme.example")
        web = Project.objects.create(key="WEB", name="Web shop", customer=acme, lead=bo)
        web.members.add(bo)
        Milestone.objects.create(project=web, name="Beta", due_on=date(2026, 12, 1))
        Label.objects.create(name="Idea", colour="teal")
        task = Task.objects.create(project=web, title="One")
        Comment.objects.create(task=task, author=bo, text="=Looks good,\nto me")
        yield


def rows(resource: type[KeyedResource], *lines: str, **options: Any) -> ImportResult:
    return import_file(resource, "\n".join(lines).encode(), **options)


@pytest.mark.parametrize("file_format", [CSV, XLSX])
@pytest.mark.parametrize(
    "resource", [getattr(resources, name) for name in resources.__all__ if "Comment" not in name]
)
def test_an_export_imported_again_changes_nothing(
    resource: type[KeyedResource], file_format: Any
) -> None:
    data = resource().export(force_native_type=file_format is XLSX)
    result = import_file(resource, file_format().export_data(data))
    assert not errors(result)
    assert (result.new, result.changed, result.unchanged) == (0, 0, 1)


class TestCustomers:
    def test_are_found_whatever_the_capitals_and_keep_their_own(self) -> None:
        result = rows(CustomerResource, "name,notes", "ACME  ltd,Pays late", "Norden Rail,")
        assert (result.new, result.changed) == (1, 1)
        assert Customer.objects.get(notes="Pays late").name == "Acme Ltd"
        assert Customer.objects.get(name="Norden Rail").contact_email == ""

    def test_with_letters_that_databases_and_python_see_differently(self) -> None:
        rows(CustomerResource, "name", "İstanbul Deri")
        assert rows(CustomerResource, "name", "İstanbul Deri").unchanged == 1

    @pytest.mark.parametrize(
        ("header", "row", "column", "said"),
        [
            ("name", '""', "name", "must not be empty"),
            ("name,contact_email", "New,nobody", "contact_email", "valid email"),
            (
                "name,notes",
                "Acme ltd,x\nacme LTD,y",
                "name",
                "“acme LTD” is in the file more than",
            ),
        ],
    )
    def test_errors_name_their_column(self, header: str, row: str, column: str, said: str) -> None:
        if row == '""':
            row = '"",x'
            header += ",notes"
        found = errors(rows(CustomerResource, header, row))
        assert found[0][0] == column
        assert said in found[0][2]

    def test_are_refused_where_the_plan_has_none(self, plan: Plan) -> None:
        with schema_context("public"):
            Plan.objects.filter(pk=plan.pk).update(features=[])
        with (
            schema_context("alpha"),
            pytest.raises(FileError, match="plan does not include customers"),
        ):
            rows(CustomerResource, "name", "New")
        with schema_context("alpha"):
            assert Customer.objects.count() == 1
            assert CustomerResource().export().height == 1


class TestProjects:
    def test_have_people_a_customer_and_dates(self) -> None:
        header = "key,name,status,colour,customer,lead,members,starts_on,due_on,description"
        row = 'OPS,Office,Planned,GREEN,acme ltd,BO@alpha.example,"cy@alpha.example, bo@alpha.example",2026-01-02,2026-02-03,More'  # noqa: E501
        assert rows(ProjectResource, header, row).new == 1
        ops = Project.objects.get(key="OPS")
        assert (ops.status, ops.colour, ops.customer.name) == ("planned", "green", "Acme Ltd")
        assert (ops.lead.name, ops.due_on) == ("Bo", date(2026, 2, 3))
        assert {user.name for user in ops.members.all()} == {"Bo", "Cy"}

    def test_members_are_those_of_the_cell_and_stay_without_a_column(self) -> None:
        web = Project.objects.get()
        rows(ProjectResource, "key,name,members", "WEB,Web shop,cy@alpha.example")
        assert [user.name for user in web.members.all()] == ["Cy"]
        rows(ProjectResource, "key,name", "WEB,Web shops")
        assert [user.name for user in web.members.all()] == ["Cy"]
        rows(ProjectResource, "key,name,members", "WEB,Web shops,")
        assert not web.members.exists()

    @pytest.mark.parametrize(
        ("column", "cell", "said"),
        [
            ("customer", "Nobody", "no customer “Nobody” here"),
            ("lead", "x@y.example", "no user “x@y.example” here"),
            ("members", '"bo@alpha.example, x@y.example"', "no user “x@y.example” here"),
            (
                "colour",
                "beige" * 20,
                "beigebeigebeigebeigebeigebeigebeigebeigebeigebeigebeigebeig…” is not known here. "
                "Use one of: Grey, Red, Orange, Yellow, Green, Teal, Blue, Purple, Pink.",
            ),
            ("status", "cancelled", "Use one of: Planned, Active"),
            ("due_on", "2020-01-01", "cannot be due before it starts"),
        ],
    )
    def test_errors_name_their_column(self, column: str, cell: str, said: str) -> None:
        Project.objects.update(starts_on=date(2026, 1, 1))
        (error,) = errors(rows(ProjectResource, f"key,name,{column}", f"WEB,Web shop,{cell}"))
        assert error[0] == column
        assert said in error[2]

    def test_get_no_other_customer_where_the_plan_has_none(self, plan: Plan) -> None:
        with schema_context("public"):
            Plan.objects.filter(pk=plan.pk).update(features=[])
        with schema_context("alpha"):
            lines = ("key,name,customer", "WEB,Web shops,Acme Ltd", "OPS,Office,Acme Ltd")
            (error,) = errors(rows(ProjectResource, *lines))
            assert error == ("customer", 3, "Your plan does not include customers.")
            assert rows(ProjectResource, *lines[:2]).changed == 1

    def test_cost_the_same_number_of_queries_for_5_rows_and_100(self) -> None:
        def cost(count: int, letter: str) -> int:
            lines = [
                f'{letter}{n},Name {n},Acme Ltd,bo@alpha.example,"bo@alpha.example, '
                f'cy@alpha.example"'
                for n in range(10, 10 + count)
            ]
            with CaptureQueriesContext(connection) as context:
                result = rows(ProjectResource, "key,name,customer,lead,members", *lines)
            assert result.new == count
            return len(context)

        cost(1, "Z")
        assert cost(5, "A") == cost(100, "B")


class TestMilestones:
    def test_are_found_by_project_and_name(self) -> None:
        header = "project,name,due_on,is_reached"
        result = rows(MilestoneResource, header, "web,Beta,,yes", "WEB,Opening,2027-01-01,")
        assert (result.new, result.changed) == (1, 1)
        beta = Milestone.objects.get(name="Beta")
        assert (beta.is_reached, beta.due_on) == (True, None)
        assert not Milestone.objects.get(name="Opening").is_reached

    @pytest.mark.parametrize(
        ("word", "is_reached"),
        [("Yes", True), ("JA", True), ("oui", True), ("sim", True), ("WAHR", True),
         ("n", False), ("Nein", False), ("non", False), ("nej", False), ("não", False)],
    )  # fmt: skip
    def test_are_reached_or_not_in_several_languages(self, word: str, is_reached: bool) -> None:
        header = "project,name,is_reached"
        rows(MilestoneResource, header, f"WEB,Beta,{'no' if is_reached else 'yes'}")
        assert rows(MilestoneResource, header, f"WEB,Beta,{word}").changed == 1
        assert Milestone.objects.get(name="Beta").is_reached is is_reached

    def test_say_what_may_be_written_for_reached(self) -> None:
        ((column, _line, said),) = errors(
            rows(MilestoneResource, "project,name,is_reached", "WEB,Beta,soon")
        )
        assert column == "is_reached"
        assert said == "“soon” is neither yes nor no. Write “yes” or “no”."

    def test_are_of_a_project_by_its_key_or_its_name(self) -> None:
        result = rows(MilestoneResource, "project,name", "web  SHOP,Beta", "Web shop,Opening")
        assert (result.new, result.changed, result.unchanged) == (1, 0, 1)
        ((column, line, _said),) = errors(
            rows(MilestoneResource, "project,name", "WEB,Beta", "Web shop,Beta")
        )
        assert (column, line) == ("name", 3)
        Project.objects.create(key="SHOP", name="Web shop")
        ((column, _line, said),) = errors(rows(MilestoneResource, "project,name", "Web shop,Beta"))
        assert column == "project"
        assert said == "Several projects are called “Web shop”. Give the key of one: SHOP, WEB."

    def test_need_a_project_that_is_there(self) -> None:
        found = errors(rows(MilestoneResource, "project,name", "Ops team,Beta", ",Beta"))
        assert found == [
            ("project", 2, "There is no project “Ops team” here. Add the project first."),
            ("project", 3, "This cell must not be empty."),
        ]
        assert Milestone.objects.count() == 1


class TestLabels:
    def test_are_found_whatever_the_capitals(self) -> None:
        result = rows(LabelResource, "name,colour", "IDEA,Pink", "Bug,")
        assert (result.new, result.changed) == (1, 1)
        assert Label.objects.get(name="Idea").colour == "pink"
        assert Label.objects.get(name="Bug").colour == "grey"

    def test_have_no_comma_in_their_name(self) -> None:
        (error,) = errors(rows(LabelResource, "name,colour", '"a, b",red'))
        assert error == ("name", 2, "A label has no comma in its name.")


class TestComments:
    def test_are_written_out(self) -> None:
        exported = CSV().export_data(CommentResource().export()).decode("utf-8-sig")
        header, row = exported.split("\r\n", 1)
        assert header == "written,author,task,text,exported_from"
        assert 'bo@alpha.example,WEB-1,"\'=Looks good,\nto me"' in row

    def test_are_never_read(self) -> None:
        with pytest.raises(FileError, match="cannot be imported"):
            rows(CommentResource, "written,author,task,text", "x,x,WEB-1,x")
        assert Comment.objects.count() == 1
